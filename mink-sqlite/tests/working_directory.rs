//! A relative path means the directory in which the store was opened. Alone, for the directory is the whole process's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mink_runtime::storage::Storage;
use mink_sqlite::SqliteStore;

#[tokio::test]
async fn a_store_stays_on_its_file_when_the_program_changes_its_directory() {
    let first = tempfile::tempdir().unwrap();
    let second = tempfile::tempdir().unwrap();
    std::env::set_current_dir(first.path()).unwrap();
    let store = SqliteStore::open("sqlite://shop.db").await.unwrap();
    std::env::set_current_dir(second.path()).unwrap();
    assert_eq!(store.head().await.unwrap().0, 0);
    store.begin().await.unwrap().rollback().await.unwrap();
    store.close().await;
    assert!(!second.path().join("shop.db").exists());
}
