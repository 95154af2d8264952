//! The store keeps every rule of a store.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "postgres/database.rs"]
mod database;

use std::sync::Arc;

use database::Database;
use mink_postgres::PostgresStore;
use mink_runtime::storage::Storage;
use mink_runtime::storage::conformance::Subject;

async fn open(database: &Database) -> Arc<dyn Storage> {
    Arc::new(PostgresStore::open(&database.url()).await.unwrap())
}

mink_runtime::storage_conformance! {
    || async {
        let database = Arc::new(Database::create().await);
        let store = open(&database).await;
        Subject::new(store)
            .opened_again_by({
                let database = database.clone();
                move || {
                    let database = database.clone();
                    async move { open(&database).await }
                }
            })
            .lacking(&["snapshots", "removing"])
            .keeping(database)
    }
}
