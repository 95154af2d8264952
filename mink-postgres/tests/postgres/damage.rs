use std::ops::ControlFlow;

use mink_runtime::storage::{FeedFilter, Storage, StorageError, StoredEvent};
use sqlx::AssertSqlSafe;

use super::*;

async fn damaged_by(sql: &str) -> [StorageError; 2] {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 2);
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(store.pool())
        .await
        .unwrap();
    let read = store.read_stream(&query("Order-1")).await.unwrap_err();
    let feed = store
        .read_feed(Position::START, &FeedFilter::all(), 10)
        .await
        .unwrap_err();
    store.close().await;
    [read, feed]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_an_error_that_names_the_stream_and_the_version() {
    for sql in [
        "UPDATE mink.events SET payload = NULL WHERE version = 2",
        "UPDATE mink.events SET metadata = '[1]' WHERE version = 2",
        "UPDATE mink.events SET schema_version = -1 WHERE version = 2",
        "UPDATE mink.events SET recorded_at = 'infinity' WHERE version = 2",
        "UPDATE mink.events SET format = 'cbor' WHERE version = 2",
    ] {
        for error in damaged_by(sql).await {
            let shown = error.to_string();
            assert!(
                matches!(error, StorageError::Corrupt { .. }),
                "{sql}: {shown}"
            );
            assert!(
                shown.contains("`Order-1`") && shown.contains("version 2"),
                "{sql}: {shown}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_says_of_a_damaged_row_what_a_reader_of_its_page_hears() {
    for edit in [
        "payload = NULL",
        "schema_version = -1",
        "format = 'cbor'",
        "version = 0",
    ] {
        let database = Database::create().await;
        let store = open(&database).await;
        for _ in 0..3 {
            put(&store, "Order-1").await;
        }
        let sql = format!("UPDATE mink.events SET {edit} WHERE version = 2");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(store.pool())
            .await
            .unwrap();
        let mut seen = Vec::new();
        let mut see = |event: StoredEvent<'_>| {
            seen.push(event.version);
            ControlFlow::Continue(())
        };
        let visited = store.visit_stream(&query("Order-1"), &mut see).await;
        match store.read_stream(&query("Order-1")).await {
            Err(error) => {
                assert_eq!(visited.unwrap_err().to_string(), error.to_string());
                assert_eq!(seen, [1], "{edit}");
            }
            // Below every version that is asked for, the event is in nobody's sight.
            Ok(_) => assert_eq!(seen, [1, 3], "{edit}"),
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_the_feed_without_its_event_is_an_error() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    assert_eq!(fed(&store).await.len(), 1);
    sqlx::raw_sql("DELETE FROM mink.events")
        .execute(store.pool())
        .await
        .unwrap();
    let error = store
        .read_feed(Position::START, &FeedFilter::all(), 10)
        .await
        .unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
    store.close().await;
}
