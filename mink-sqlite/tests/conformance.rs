//! The store keeps every rule of a store: in a file, and in memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use mink_runtime::storage::Storage;
use mink_runtime::storage::conformance::Subject;
use mink_sqlite::SqliteStore;

async fn open(directory: &Path) -> Arc<dyn Storage> {
    let url = format!("sqlite://{}", directory.join("events.db").display());
    Arc::new(SqliteStore::open(&url).await.unwrap())
}

const LACKING: &[&str] = &["snapshots", "removing"];

mod file {
    use super::*;

    mink_runtime::storage_conformance! {
        || async {
            let directory = Arc::new(tempfile::tempdir().unwrap());
            let store = open(directory.path()).await;
            Subject::new(store)
                .opened_again_by({
                    let directory = directory.clone();
                    move || {
                        let directory = directory.clone();
                        async move { open(directory.path()).await }
                    }
                })
                .lacking(LACKING)
                .keeping(directory)
        }
    }
}

mod memory {
    use super::*;

    mink_runtime::storage_conformance! {
        || async {
            let store = SqliteStore::open("sqlite::memory:").await.unwrap();
            Subject::new(Arc::new(store)).lacking(LACKING)
        }
    }
}
