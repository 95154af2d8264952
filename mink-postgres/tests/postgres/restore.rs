//! A cluster that was restored or failed over: its transaction ids are not those that the last snapshot speaks of.

use mink_runtime::storage::ExpectedVersion;
use sqlx::AssertSqlSafe;

use super::*;

async fn forge_tick(store: &PostgresStore, snapshot: &str, cluster: &str) {
    let sql = format!(
        "INSERT INTO mink.ticks (tick, last_position, snapshot, cluster) \
         SELECT t.tick + 1, t.last_position, ({snapshot})::pg_snapshot, {cluster} \
         FROM mink.ticks t ORDER BY t.tick DESC LIMIT 1"
    );
    sqlx::query(AssertSqlSafe(sql))
        .execute(store.pool())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_ids_that_run_backwards_lose_nothing() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 1);
    // The cluster that the snapshot speaks of was a million transactions ahead.
    let future = "SELECT x || ':' || x || ':' \
                  FROM (SELECT pg_current_xact_id()::text::bigint + 1000000 AS x) f";
    forge_tick(&store, future, "t.cluster").await;
    put(&store, "Order-2").await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await, ["Order-1", "Order-2", "Order-1"]);
    for _ in 0..3 {
        put(&store, "Order-3").await;
        whole_feed(&store).await;
    }
    assert_eq!(fed(&store).await.len(), 6);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_moved_to_another_cluster_loses_nothing() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 1);
    let mut tx = store.pool().begin().await.unwrap();
    for name in ["Order-2", "Order-1"] {
        let commit = one(name, ExpectedVersion::Any);
        store.append_in(&mut tx, &commit).await.unwrap();
    }
    tx.commit().await.unwrap();
    // By its ids alone the snapshot claims to have seen all this.
    forge_tick(&store, "SELECT pg_current_snapshot()", "42").await;
    store.close().await;
    let store = open(&database).await;
    assert_eq!(fed(&store).await, ["Order-1", "Order-2", "Order-1"]);
    put(&store, "Order-3").await;
    assert_eq!(fed(&store).await.len(), 4);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_a_row_in_place_does_not_disturb_its_place_in_the_feed() {
    let database = Database::create().await;
    let store = open(&database).await;
    for _ in 0..3 {
        put(&store, "Order-1").await;
    }
    let before: Vec<_> = whole_feed(&store).await;
    sqlx::query("UPDATE mink.events SET payload = '{\"sealed\":true}' WHERE version = 2")
        .execute(store.pool())
        .await
        .unwrap();
    put(&store, "Order-2").await;
    let after = whole_feed(&store).await;
    assert_eq!(after.len(), 4);
    assert_eq!(&*after[1].event.payload, b"{\"sealed\":true}");
    assert_eq!(after[1].event.id, before[1].event.id);
    store.close().await;
}
