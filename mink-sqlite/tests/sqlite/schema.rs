use mink_runtime::storage::{ExpectedVersion, Storage, StorageError};
use mink_sqlite::SqliteStore;

use crate::{one, submit, url, version};

async fn edited(edit: &'static str) -> StorageError {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    sqlx::raw_sql(edit).execute(store.pool()).await.unwrap();
    store.close().await;
    SqliteStore::open(&url(dir.path())).await.unwrap_err()
}

#[tokio::test]
async fn a_newer_schema_asks_for_a_newer_program() {
    let error = edited("INSERT INTO mink_migrations VALUES (99, 'later', 'x', 0)").await;
    assert!(matches!(
        error,
        StorageError::SchemaTooNew { found: 99, .. }
    ));
}

#[tokio::test]
async fn an_applied_migration_that_differs_is_named() {
    let error = edited("UPDATE mink_migrations SET checksum = 'x' WHERE version = 1").await;
    assert!(matches!(
        error,
        StorageError::MigrationChanged { version: 1, name } if name == "events"
    ));
}

#[tokio::test]
async fn a_missing_schema_is_too_old_when_migrating_is_not_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let closed = SqliteStore::builder(&url(dir.path())).migrate(false);
    let error = closed.clone().open().await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }));
    assert!(!dir.path().join("shop.db").exists());

    std::fs::write(dir.path().join("shop.db"), "").unwrap();
    let error = closed.clone().open().await.unwrap_err();
    assert!(matches!(error, StorageError::SchemaTooOld { found: 0, .. }));

    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    closed.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_open_a_new_file_at_once_all_find_one_schema() {
    let dir = tempfile::tempdir().unwrap();
    let url = url(dir.path());
    let opened: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { SqliteStore::open(&url).await })
        })
        .collect();
    for store in opened {
        let store = store.await.unwrap().unwrap();
        submit(&store, &one("A-1", ExpectedVersion::Any))
            .await
            .unwrap();
    }
    let store = SqliteStore::open(&url).await.unwrap();
    assert_eq!(version(&store, "A-1").await, 8);
}

#[tokio::test]
async fn health_tells_the_schema_and_the_head() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    submit(&store, &one("Order-1", ExpectedVersion::Any))
        .await
        .unwrap();
    let health = store.health().await;
    assert_eq!(health.head.unwrap().0, 1);
    let schema = health.schema.unwrap();
    assert!(schema.found > 0 && schema.found == schema.known);
    assert_eq!(health.lag, None);
    store.close().await;
    assert_eq!(store.health().await.fault.unwrap().kind, "closed");
}
