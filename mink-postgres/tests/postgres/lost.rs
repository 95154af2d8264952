//! A connection that is lost in mid-commit, and a server that goes away.

use mink_runtime::storage::{CommitError, ExpectedVersion, Storage};
use sqlx::Connection;

use super::proxy::Proxy;
use super::*;

/// Ends the backend of this database that waits for a lock, as soon as there is one.
async fn end_the_waiting_backend(database: &Database) {
    let mut conn = outsider(database).await;
    loop {
        let ended: i64 = sqlx::query_scalar(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        if ended > 0 {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_ended_in_mid_commit_leaves_the_outcome_unknown() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 1);
    let mut foreign = outsider(&database).await;
    let mut tx = foreign.begin().await.unwrap();
    sqlx::query("LOCK TABLE mink.streams IN EXCLUSIVE MODE")
        .execute(&mut *tx)
        .await
        .unwrap();
    let commit = one("Order-1", ExpectedVersion::Exact(1));
    let committing = {
        let (store, commit) = (store.clone(), commit.clone());
        tokio::spawn(async move { submit(&store, &commit).await })
    };
    end_the_waiting_backend(&database).await;
    let answer = committing.await.unwrap();
    assert!(
        matches!(answer, Err(CommitError::OutcomeUnknown { .. })),
        "{answer:?}"
    );
    tx.rollback().await.unwrap();
    let answer = submit(&store, &commit).await.unwrap();
    assert_eq!((answer.recognised, answer.streams[0].version), (false, 2));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_recognised_when_it_is_submitted_again() {
    let database = Database::create().await;
    let proxy = Proxy::before(&database.url()).await;
    let store = PostgresStore::builder(proxy.url())
        .max_connections(1)
        .open()
        .await
        .unwrap();
    put(&store, "Order-1").await;
    let batch = [
        one("Order-1", ExpectedVersion::Exact(1)),
        one("Order-2", ExpectedVersion::NoStream),
        one("Order-3", ExpectedVersion::Any),
    ];
    proxy.lose_answers(true);
    for answer in store.commit(&batch).await {
        assert!(
            matches!(answer, Err(CommitError::OutcomeUnknown { .. })),
            "{answer:?}"
        );
    }
    proxy.lose_answers(false);
    for (answer, version) in store.commit(&batch).await.into_iter().zip([2, 1, 1]) {
        let answer = answer.unwrap();
        assert_eq!(
            (answer.recognised, answer.streams[0].version),
            (true, version)
        );
    }
    assert_eq!(whole_feed(&store).await.len(), 4);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_and_the_feed_go_on_after_every_connection_was_cut() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 1);
    let mut foreign = outsider(&database).await;
    for _ in 0..3 {
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .execute(&mut foreign)
        .await
        .unwrap();
        assert_eq!(version(&store, "Order-1").await, 1);
        assert_eq!(fed(&store).await.len(), 1);
    }
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 2);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_unavailable() {
    let error = PostgresStore::open("postgres://u@127.0.0.1:1/d")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            mink_runtime::storage::StorageError::Unavailable { .. }
        ),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_last_handle_gives_back_the_connections() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 1);
    drop(store);
    let mut foreign = outsider(&database).await;
    loop {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .fetch_one(&mut foreign)
        .await
        .unwrap();
        if left == 0 {
            break;
        }
    }
}
