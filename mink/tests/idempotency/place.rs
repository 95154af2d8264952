//! A store of a test's own, for as many nodes as it opens.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use mink::app::MinkBuilder;
use mink::postgres::PostgresStore;
use mink::prelude::*;
use mink::storage::{MemoryStore, Storage};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use crate::domain::Gateway;

/// Each of these promises is kept on each of these stores.
macro_rules! promises {
    (on [$($place:ident),*] $($promise:ident,)*) => {
        promises! { @each [$($place)*] [$($promise)*] }
    };
    (@each [] $all:tt) => {};
    (@each [$place:ident $($rest:ident)*] $all:tt) => {
        promises! { @one $place $all }
        promises! { @each [$($rest)*] $all }
    };
    (@one $place:ident [$($promise:ident)*]) => {
        mod $place {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    $crate::place::Place::$place().keep(super::$promise).await;
                }
            )*
        }
    };
}

pub(crate) enum Place {
    Memory(MemoryStore),
    Sqlite { folder: tempfile::TempDir },
    Postgres { server: String, schema: String },
}

impl Place {
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryStore::new())
    }

    pub(crate) fn sqlite() -> Self {
        Self::Sqlite {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn postgres() -> Self {
        let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("this test needs a PostgreSQL server: run it with `cargo xtask test -p mink`, or set MINK_TEST_POSTGRES_URL to the URL of one")
        });
        Self::Postgres {
            server,
            schema: format!("keys_{}", uuid::Uuid::new_v4().simple()),
        }
    }

    /// Runs a test here, and cleans up whatever came of it.
    pub(crate) async fn keep(self, promise: impl AsyncFnOnce(Arc<Self>)) {
        let place = Arc::new(self);
        let kept = AssertUnwindSafe(promise(Arc::clone(&place)))
            .catch_unwind()
            .await;
        if let Self::Postgres { server, schema } = &*place {
            let mut conn = PgConnection::connect(server).await.unwrap();
            // an application that is not shut down may still look after its feed, and one of the two gives way
            loop {
                let drop = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
                let dropped = sqlx::raw_sql(sqlx::AssertSqlSafe(drop))
                    .execute(&mut conn)
                    .await;
                match dropped {
                    Ok(_) => break,
                    Err(sqlx::Error::Database(error))
                        if error.code().as_deref() == Some("40P01") => {}
                    Err(error) => panic!("{schema} could not be dropped: {error}"),
                }
            }
        }
        if let Err(panic) = kept {
            resume_unwind(panic);
        }
    }

    fn file(folder: &tempfile::TempDir) -> String {
        format!("sqlite://{}", folder.path().join("keys.db").display())
    }

    /// The store, as one more process has it.
    pub(crate) async fn node(&self) -> Arc<dyn Storage> {
        match self {
            Self::Memory(store) => Arc::new(store.another_node()),
            Self::Sqlite { folder } => mink::storage::open(&Self::file(folder)).await.unwrap(),
            Self::Postgres { server, schema } => {
                let store = PostgresStore::builder(server).schema(schema);
                Arc::new(store.open().await.unwrap())
            }
        }
    }

    /// One more process, to be opened.
    pub(crate) async fn builder(&self, gateway: &Arc<Gateway>) -> MinkBuilder {
        Mink::builder()
            .shared_storage(self.node().await)
            .service::<Gateway>(Arc::clone(gateway))
    }

    /// One more process.
    pub(crate) async fn open(&self, gateway: &Arc<Gateway>) -> Mink {
        self.builder(gateway).await.open().await.unwrap()
    }

    /// One more process, which calls nothing outside.
    pub(crate) async fn app(&self) -> Mink {
        self.open(&Arc::default()).await
    }

    /// Holds up every commit under a key until the answer is let go.
    pub(crate) async fn hold_up(&self) -> HeldUp {
        match self {
            Self::Memory(_) => panic!("nobody can hold up the memory"),
            Self::Sqlite { folder } => {
                let options: sqlx::sqlite::SqliteConnectOptions =
                    Self::file(folder).parse().unwrap();
                let mut conn = options.connect().await.unwrap();
                sqlx::raw_sql("BEGIN IMMEDIATE")
                    .execute(&mut conn)
                    .await
                    .unwrap();
                HeldUp::Sqlite(conn)
            }
            Self::Postgres { server, schema } => {
                let mut conn = PgConnection::connect(server).await.unwrap();
                let lock = format!("BEGIN; LOCK TABLE {schema}.keys IN ACCESS EXCLUSIVE MODE");
                sqlx::raw_sql(sqlx::AssertSqlSafe(lock))
                    .execute(&mut conn)
                    .await
                    .unwrap();
                HeldUp::Postgres(conn)
            }
        }
    }
}

pub(crate) enum HeldUp {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl HeldUp {
    pub(crate) async fn let_go(self) {
        match self {
            Self::Sqlite(conn) => conn.close().await.unwrap(),
            Self::Postgres(conn) => conn.close().await.unwrap(),
        }
    }
}
