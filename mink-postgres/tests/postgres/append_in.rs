use mink_runtime::storage::{Commit, CommitError, ExpectedVersion, Format, Storage};
use sqlx::{Postgres, Transaction};

use super::*;

async fn with_orders(store: &PostgresStore) {
    sqlx::query("CREATE TABLE orders (id integer PRIMARY KEY)")
        .execute(store.pool())
        .await
        .unwrap();
}

async fn write_order(tx: &mut Transaction<'_, Postgres>, id: i32) {
    sqlx::query("INSERT INTO orders VALUES ($1)")
        .bind(id)
        .execute(&mut **tx)
        .await
        .unwrap();
}

async fn orders(store: &PostgresStore) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM orders")
        .fetch_one(store.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_own_rows_become_durable_together() {
    let database = Database::create().await;
    let store = open(&database).await;
    with_orders(&store).await;
    let mut tx = store.pool().begin().await.unwrap();
    write_order(&mut tx, 1).await;
    let commit = one("Order-1", ExpectedVersion::NoStream);
    let committed = store.append_in(&mut tx, &commit).await.unwrap();
    assert_eq!(committed.streams[0].version, 1);
    assert_eq!(version(&store, "Order-1").await, 0);
    tx.commit().await.unwrap();
    store.wake();
    assert_eq!(version(&store, "Order-1").await, 1);
    assert_eq!(orders(&store).await, 1);
    assert_eq!(fed(&store).await, ["Order-1"]);
    assert!(submit(&store, &commit).await.unwrap().recognised);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_rolled_back_leaves_nothing_and_no_gap() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    let mut tx = store.pool().begin().await.unwrap();
    for name in ["Order-1", "Order-2"] {
        let commit = one(name, ExpectedVersion::Any);
        store.append_in(&mut tx, &commit).await.unwrap();
    }
    tx.rollback().await.unwrap();
    put(&store, "Order-3").await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await, ["Order-1", "Order-3", "Order-1"]);
    assert_eq!(version(&store, "Order-2").await, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_leaves_the_transaction_usable() {
    let database = Database::create().await;
    let store = open(&database).await;
    with_orders(&store).await;
    put(&store, "Order-1").await;
    let known = one("Order-2", ExpectedVersion::Any);
    submit(&store, &known).await.unwrap();

    let mut tx = store.pool().begin().await.unwrap();
    write_order(&mut tx, 1).await;
    let conflict = Commit::new(vec![
        append("Order-3", ExpectedVersion::NoStream, vec![event("{}")]),
        append("Order-1", ExpectedVersion::NoStream, vec![event("{}")]),
    ]);
    let answer = store.append_in(&mut tx, &conflict).await;
    assert!(
        matches!(&answer, Err(CommitError::Conflict(found)) if found.actual == 1),
        "{answer:?}"
    );
    let reused = Commit::new(vec![append(
        "Order-4",
        ExpectedVersion::NoStream,
        known.events().cloned().collect(),
    )]);
    let answer = store.append_in(&mut tx, &reused).await;
    assert!(
        matches!(answer, Err(CommitError::EventIdReused { .. })),
        "{answer:?}"
    );
    let broken = Commit::new(vec![append(
        "Order-5",
        ExpectedVersion::Any,
        vec![event("{\"a\":")],
    )]);
    let answer = store.append_in(&mut tx, &broken).await;
    assert!(
        matches!(answer, Err(CommitError::Refused { .. })),
        "{answer:?}"
    );
    assert!(store.append_in(&mut tx, &known).await.unwrap().recognised);
    let good = one("Order-6", ExpectedVersion::NoStream);
    store.append_in(&mut tx, &good).await.unwrap();
    write_order(&mut tx, 2).await;
    tx.commit().await.unwrap();

    assert_eq!(orders(&store).await, 2);
    assert_eq!(fed(&store).await, ["Order-1", "Order-2", "Order-6"]);
    for name in ["Order-3", "Order-4", "Order-5"] {
        assert_eq!(version(&store, name).await, 0, "{name}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_transaction_appends_to_a_stream_several_times() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut tx = store.pool().begin().await.unwrap();
    for version in 0..3 {
        let commit = one("Order-1", ExpectedVersion::Exact(version));
        let committed = store.append_in(&mut tx, &commit).await.unwrap();
        assert_eq!(committed.streams[0].version, version + 1);
        assert!(store.append_in(&mut tx, &commit).await.unwrap().recognised);
    }
    tx.commit().await.unwrap();
    assert_eq!(fed(&store).await.len(), 3);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_another_transaction_holds_is_waited_for() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Old-1").await;
    // One stream exists, the other is being made.
    let mut first = store.pool().begin().await.unwrap();
    for name in ["Old-1", "New-1"] {
        let commit = one(name, ExpectedVersion::Any);
        store.append_in(&mut first, &commit).await.unwrap();
    }
    let waiting = ["Old-1", "New-1"].map(|name| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.pool().begin().await.unwrap();
            let commit = one(name, ExpectedVersion::Any);
            let committed = store.append_in(&mut tx, &commit).await.unwrap();
            tx.commit().await.unwrap();
            committed.streams[0].version
        })
    });
    let mut other = database.connect().await;
    loop {
        let waiters: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut other)
        .await
        .unwrap();
        if waiters == 2 {
            break;
        }
    }
    first.commit().await.unwrap();
    let [old, new] = waiting;
    assert_eq!(old.await.unwrap(), 3);
    assert_eq!(new.await.unwrap(), 2);
    whole_feed(&store).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_payload_need_not_be_json() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut binary = event("{\"a\":");
    binary.format = Format::Binary("cbor".into());
    let commit = Commit::new(vec![append("Order-1", ExpectedVersion::Any, vec![binary])]);
    let mut tx = store.pool().begin().await.unwrap();
    store.append_in(&mut tx, &commit).await.unwrap();
    tx.commit().await.unwrap();
    let page = store.read_stream(&query("Order-1")).await.unwrap();
    assert_eq!(&*page.events[0].payload, b"{\"a\":");
    store.close().await;
}
