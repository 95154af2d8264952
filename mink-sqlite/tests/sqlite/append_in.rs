use std::sync::Arc;

use mink_runtime::id::Position;
use mink_runtime::storage::{Commit, CommitError, ExpectedVersion, Storage};
use mink_sqlite::SqliteStore;

use crate::{append, event, one, submit, url, version};

async fn store_with_stock(dir: &std::path::Path) -> SqliteStore {
    let store = SqliteStore::open(&url(dir)).await.unwrap();
    sqlx::raw_sql("CREATE TABLE stock (sku TEXT) STRICT")
        .execute(store.pool())
        .await
        .unwrap();
    store
}

async fn stock(store: &SqliteStore) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM stock")
        .fetch_one(store.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn events_and_own_rows_become_durable_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_stock(dir.path()).await;
    let mut tx = store.begin().await.unwrap();
    sqlx::query("INSERT INTO stock VALUES ('a')")
        .execute(&mut *tx)
        .await
        .unwrap();
    let first = store
        .append_in(&mut tx, &one("A-1", ExpectedVersion::NoStream))
        .await
        .unwrap();
    let second = store
        .append_in(&mut tx, &one("A-1", ExpectedVersion::Exact(1)))
        .await
        .unwrap();
    assert_eq!(
        (first.streams[0].version, second.streams[0].version),
        (1, 2)
    );
    assert_eq!(store.head().await.unwrap(), Position::START);
    let moved = store.feed_moved();
    tx.commit().await.unwrap();
    store.wake();
    moved.await;
    assert_eq!(store.head().await.unwrap(), Position(2));
    assert_eq!((version(&store, "A-1").await, stock(&store).await), (2, 1));
    submit(&store, &one("A-1", ExpectedVersion::Exact(2)))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rollback_leaves_neither() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_stock(dir.path()).await;
    let commit = one("A-1", ExpectedVersion::NoStream);
    let mut tx = store.begin().await.unwrap();
    sqlx::query("INSERT INTO stock VALUES ('a')")
        .execute(&mut *tx)
        .await
        .unwrap();
    store.append_in(&mut tx, &commit).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!((version(&store, "A-1").await, stock(&store).await), (0, 0));
    assert!(!submit(&store, &commit).await.unwrap().recognised);
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_refused_commit_leaves_nothing_and_the_transaction_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_stock(dir.path()).await;
    let known = one("A-1", ExpectedVersion::NoStream);
    submit(&store, &known).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    sqlx::query("INSERT INTO stock VALUES ('a')")
        .execute(&mut *tx)
        .await
        .unwrap();
    let half = Commit::new(vec![
        append("B-1", ExpectedVersion::NoStream, vec![event("{}")]),
        append("A-1", ExpectedVersion::Exact(7), vec![event("{}")]),
    ]);
    let error = store.append_in(&mut tx, &half).await.unwrap_err();
    assert!(matches!(error, CommitError::Conflict(c) if c.actual == 1));
    let reused = Commit::new(vec![append(
        "C-1",
        ExpectedVersion::Any,
        vec![event("{}"), known.appends[0].events[0].clone()],
    )]);
    let error = store.append_in(&mut tx, &reused).await.unwrap_err();
    assert!(matches!(error, CommitError::EventIdReused { .. }));
    assert!(store.append_in(&mut tx, &known).await.unwrap().recognised);
    tx.commit().await.unwrap();
    assert_eq!(stock(&store).await, 1);
    assert_eq!(version(&store, "B-1").await, 0);
    assert_eq!(version(&store, "C-1").await, 0);
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_statement_that_fails_in_the_middle_takes_back_what_went_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_stock(dir.path()).await;
    // Refuses the last of many events, whose predecessors are written by an earlier statement.
    sqlx::raw_sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON mink_events WHEN NEW.version = 100
         BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    .execute(store.pool())
    .await
    .unwrap();
    let events = (0..100).map(|_| event("{}")).collect();
    let many = Commit::new(vec![append("A-1", ExpectedVersion::NoStream, events)]);
    let mut tx = store.begin().await.unwrap();
    let error = store.append_in(&mut tx, &many).await.unwrap_err();
    assert!(matches!(error, CommitError::Refused { .. }), "{error:?}");
    sqlx::query("INSERT INTO stock VALUES ('a')")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stock(&store).await, 1);
    assert_eq!(store.head().await.unwrap(), Position::START);
    assert_eq!(version(&store, "A-1").await, 0);

    let answers = store
        .commit(&[Arc::new(many), one("B-1", ExpectedVersion::NoStream)])
        .await;
    assert!(matches!(answers[0], Err(CommitError::Refused { .. })));
    assert!(answers[1].is_ok());
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_transaction_that_read_before_another_wrote_is_busy() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_stock(dir.path()).await;
    let mut tx = store.pool().begin().await.unwrap();
    sqlx::query("SELECT * FROM stock")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    submit(&store, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap();
    let commit = one("B-1", ExpectedVersion::Any);
    let error = store.append_in(&mut tx, &commit).await.unwrap_err();
    assert!(matches!(error, CommitError::Busy { .. }), "{error:?}");
    tx.rollback().await.unwrap();
    submit(&store, &commit).await.unwrap();
}
