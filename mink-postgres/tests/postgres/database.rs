//! A database of a test's own on the server that `MINK_TEST_POSTGRES_URL` names.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

/// Dropped, with all connections to it, when the value is.
pub(crate) struct Database {
    server: Url,
    name: String,
}

impl Database {
    pub(crate) async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!(
                "MINK_TEST_POSTGRES_URL is not set: these tests need a PostgreSQL server on which they may create \
                 databases. Run `cargo xtask test`, or set it, for example to \
                 postgres://postgres@127.0.0.1:5432/postgres"
            )
        });
        let server = Url::parse(&server).unwrap_or_else(|error| {
            panic!("MINK_TEST_POSTGRES_URL is not a URL: {error}");
        });
        let name = format!(
            "mink_test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let database = Self { server, name };
        database
            .on_the_server(format!(
                "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'",
                database.name
            ))
            .await;
        database
    }

    pub(crate) fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// A connection that the store knows nothing of.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    async fn on_the_server(&self, sql: String) {
        let mut conn = PgConnection::connect(self.server.as_str())
            .await
            .unwrap_or_else(|error| {
                panic!("the server of MINK_TEST_POSTGRES_URL cannot be reached: {error}")
            });
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                {
                    runtime.block_on(self.on_the_server(sql));
                }
            });
        });
    }
}
