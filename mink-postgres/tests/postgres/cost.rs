//! What a turn of the sequencer costs, in pages looked at: not in time.

use mink_runtime::storage::Storage;
use sqlx::{Connection, PgConnection};

use super::*;

/// How many pages one turn looks at.
async fn pages(conn: &mut PgConnection) -> i64 {
    pages_of(conn, "mink.tick(true, false, 'mink_mink')").await
}

async fn pages_of(conn: &mut PgConnection, call: &str) -> i64 {
    let plan: serde_json::Value = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM {call}"
    )))
    .fetch_one(conn)
    .await
    .unwrap();
    let plan = &plan[0]["Plan"];
    ["Shared Hit Blocks", "Shared Read Blocks"]
        .iter()
        .map(|name| plan[name].as_i64().unwrap())
        .sum()
}

async fn insert(conn: &mut PgConnection, category: &str, count: i64) {
    sqlx::query(
        "INSERT INTO mink.events (tenant, stream, version, event_id, event_type, schema_version, format, payload, \
         metadata, recorded_at) \
         SELECT '', $1 || '-' || n / 100, n % 100 + 1, gen_random_uuid(), 'Happened', 1, 'json', '{}', '{}', now() \
         FROM generate_series(0, $2 - 1) n",
    )
    .bind(category)
    .bind(count)
    .execute(conn)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_costs_the_same_behind_an_open_transaction_with_many_events() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut conn = outsider(&database).await;
    put(&store, "Order-1").await;
    whole_feed(&store).await;
    let mut before = 0;
    for round in 0..10 {
        insert(&mut conn, &format!("Before{round}"), 1).await;
        before = before.max(pages(&mut conn).await);
    }

    let mut long = outsider(&database).await;
    let mut tx = long.begin().await.unwrap();
    insert(&mut tx, "Long", 60_000).await;
    // The events of others come after those of the open transaction, many of them stamped beside it.
    insert(&mut conn, "Beside", 20_000).await;
    store.tick().await.unwrap();
    let mut beside = 0;
    for round in 0..10 {
        insert(&mut conn, &format!("After{round}"), 1).await;
        beside = beside.max(pages(&mut conn).await);
    }
    let idle = pages(&mut conn).await;
    assert!(
        beside < before + 100 && idle < before + 100,
        "a turn looked at {before} pages before, {beside} beside the open transaction, {idle} when idle"
    );
    tx.commit().await.unwrap();
    store.tick().await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(1 + 10 + 80_000 + 10));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_turn_writes_nothing_beside_an_idle_transaction() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    let mut foreign = outsider(&database).await;
    let mut tx = foreign.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *tx)
        .await
        .unwrap();
    let mut conn = outsider(&database).await;
    let mut ticks = async || -> i64 {
        sqlx::query_scalar("SELECT max(tick) FROM mink.ticks")
            .fetch_one(&mut conn)
            .await
            .unwrap()
    };
    store.tick().await.unwrap();
    let before = ticks().await;
    for _ in 0..400 {
        store.tick().await.unwrap();
    }
    let written = ticks().await - before;
    // Transactions elsewhere on the server are noted now and then.
    assert!(written < 100, "{written} of 400 idle turns wrote");
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_turns_are_pruned() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut conn = outsider(&database).await;
    for round in 0..200 {
        insert(&mut conn, &format!("Order{round}"), 1).await;
        store.tick().await.unwrap();
    }
    let (count, newest): (i64, i64) = sqlx::query_as("SELECT count(*), max(tick) FROM mink.ticks")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert!(
        newest >= 200 && count <= 130,
        "{count} of {newest} ticks are kept"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_the_health_costs_the_same_however_much_is_stored() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut conn = outsider(&database).await;
    insert(&mut conn, "Before", 20_000).await;
    store.tick().await.unwrap();
    insert(&mut conn, "After", 3).await;
    pages_of(&mut conn, "mink.lag()").await;
    let pages = pages_of(&mut conn, "mink.lag()").await;
    assert!(pages < 60, "it looked at {pages} pages");
    store.close().await;
}
