//! What is damaged, hostile, too large or has no room: a typed error each, nothing lost, no panic.
#![allow(clippy::unwrap_used, reason = "tests")]

mod payloads;
mod room;
mod sizes;

use mink_runtime::app::Mink;
use mink_stress::domain::{Part, Write, registry};
use mink_stress::server::{Server, drop_database};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// An application on a store of its own, and a way around the store to its tables.
struct Ground {
    app: Mink,
    url: String,
    server: Option<Server>,
    directory: Option<TempDir>,
}

impl Ground {
    async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/store.db", directory.path().display());
        Self {
            app: open(&url).await,
            url,
            server: None,
            directory: Some(directory),
        }
    }

    async fn postgres() -> Self {
        let server = Server::given_or_private().unwrap();
        let url = server.create_database().await.unwrap();
        Self {
            app: open(&url).await,
            url,
            server: Some(server),
            directory: None,
        }
    }

    fn is_sqlite(&self) -> bool {
        self.directory.is_some()
    }

    /// Runs SQL that names the table of events `EVENTS`.
    async fn sql(&self, sql: &str) {
        if self.is_sqlite() {
            let sql = sql.replace("EVENTS", "mink_events");
            let mut conn = SqliteConnection::connect(&self.url).await.unwrap();
            let done = conn.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
            assert_eq!(done.rows_affected(), 1);
        } else {
            let sql = sql.replace("EVENTS", "mink.events");
            let mut conn = PgConnection::connect(&self.url).await.unwrap();
            let done = conn.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
            assert_eq!(done.rows_affected(), 1);
        }
    }

    async fn close(self) {
        self.app.shutdown().await.unwrap();
        if let Some(Server::Given(admin)) = &self.server {
            drop_database(admin, &self.url).await.unwrap();
        }
    }
}

async fn open(url: &str) -> Mink {
    Mink::builder()
        .url(url)
        .registry(registry())
        // what is in memory is sound: each dispatch reads what is stored
        .cached_aggregates(0)
        .open()
        .await
        .unwrap()
}

fn write(ledger: &str, count: u32) -> Write {
    write_of(ledger, count, "")
}

fn write_of(ledger: &str, count: u32, filler: &str) -> Write {
    Write {
        ledger: ledger.to_owned(),
        parts: (0..count)
            .map(|number| Part::new("c", number, count, filler.to_owned()))
            .collect(),
    }
}
