//! The stores and the feed.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use mink::id::Position;
use mink::pipeline::decode;
use mink::prelude::*;
use mink::sqlite::{Durability, SqliteStore};
use mink::storage::StorageError;

#[event]
pub struct StockReceived {
    pub pieces: u32,
}

#[event]
pub struct StockReserved {
    pub pieces: u32,
}

#[derive(Aggregate, Default)]
pub struct Stock {
    pieces: u32,
}

#[handlers]
impl Stock {
    fn received(&mut self, event: &StockReceived) {
        self.pieces += event.pieces;
    }
    fn reserved(&mut self, event: &StockReserved) {
        self.pieces -= event.pieces;
    }
}

fn received(pieces: u32) -> StockReceived {
    StockReceived { pieces }
}

async fn receive(app: &Mink, sku: &str, pieces: u32) {
    app.append::<Stock>(sku, ExpectedVersion::Any, received(pieces))
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_is_gone_with_its_last_handle() {
    // ANCHOR: memory
    let app = Mink::open("memory://").await.unwrap();
    // ANCHOR_END: memory
    receive(&app, "tea", 5).await;
    assert_eq!(app.head().await.unwrap(), Position(1));
    let other = Mink::open("memory://").await.unwrap();
    assert_eq!(other.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_file_keeps_its_events() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/shop.db", directory.path().display());
    let app = Mink::open(&url).await.unwrap();
    receive(&app, "tea", 5).await;
    app.shutdown().await.unwrap();
    let app = Mink::open(&url).await.unwrap();
    assert_eq!(app.load::<Stock>("tea").await.unwrap().pieces, 5);
}

#[tokio::test]
async fn sqlite_is_opened_with_options() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/shop.db", directory.path().display());
    // ANCHOR: options
    let store = SqliteStore::builder(&url)
        .durability(Durability::Full)
        .read_connections(8)
        .busy_timeout(Duration::from_secs(2))
        .open()
        .await
        .unwrap();
    let app = Mink::builder().storage(store).open().await.unwrap();
    // ANCHOR_END: options
    receive(&app, "tea", 5).await;
    assert_eq!(app.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn json_is_open_to_sql() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let app = Mink::builder().storage(store.clone()).open().await.unwrap();
    receive(&app, "tea", 5).await;
    let pieces: i64 = sqlx::query_scalar(
        "SELECT json_extract(payload, '$.pieces') FROM mink_events WHERE event_type = 'StockReceived'",
    )
    .fetch_one(store.pool())
    .await
    .unwrap();
    assert_eq!(pieces, 5);
}

#[tokio::test]
async fn a_row_and_an_event_become_durable_together() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/shop.db", directory.path().display());
    // ANCHOR: append_in
    let store = SqliteStore::open(&url).await.unwrap();
    let app = Mink::builder().storage(store.clone()).open().await.unwrap();

    let commit = app
        .batch()
        .append::<Stock>("tea", ExpectedVersion::NoStream, received(5))
        .unwrap()
        .into_commit()
        .unwrap();

    let mut tx = store.begin().await.unwrap();
    sqlx::query("CREATE TABLE deliveries (note TEXT)")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("INSERT INTO deliveries VALUES ('five boxes of tea')")
        .execute(&mut *tx)
        .await
        .unwrap();
    store.append_in(&mut tx, &commit).await.unwrap();
    tx.commit().await.unwrap();
    store.wake();
    // ANCHOR_END: append_in
    assert_eq!(app.load::<Stock>("tea").await.unwrap().pieces, 5);
}

#[tokio::test]
async fn a_copy_made_by_sqlite_is_a_whole_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let store = SqliteStore::open(&format!("sqlite://{}", path("shop.db"))).await;
    let store = store.unwrap();
    let app = Mink::builder().storage(store.clone()).open().await.unwrap();
    receive(&app, "tea", 5).await;
    // ANCHOR: backup
    sqlx::query("VACUUM INTO ?")
        .bind(path("backup.db"))
        .execute(store.pool())
        .await
        .unwrap();
    // ANCHOR_END: backup
    let copy = Mink::open(&format!("sqlite://{}", path("backup.db"))).await;
    let stock = copy.unwrap().load::<Stock>("tea").await.unwrap();
    assert_eq!(stock.pieces, 5);
}

#[tokio::test]
async fn a_stream_is_read_in_both_directions() {
    let app = Mink::open("memory://").await.unwrap();
    for pieces in [5, 3, 1] {
        receive(&app, "tea", pieces).await;
    }
    // ANCHOR: stream
    let stream = app.stream_of::<Stock>("tea").unwrap();
    let newest: Vec<_> = app
        .read_stream_backwards(&stream)
        .take(2)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(newest[0].version, 3);
    let event: StockReceived = decode(&newest[0]).unwrap();
    assert_eq!(event.pieces, 1);
    // ANCHOR_END: stream
    // ANCHOR: list
    let info = app.stream_info(&stream).await.unwrap().unwrap();
    assert_eq!(info.version, 3);
    let streams = app
        .list_streams(|list| list.prefix = Some("Stock-t".into()))
        .await
        .unwrap();
    assert_eq!(streams[0].stream.as_str(), "Stock-tea");
    // ANCHOR_END: list
    let missing = app.stream_of::<Stock>("coffee").unwrap();
    // ANCHOR: missing
    let first = app.read_stream(&missing).next().await.unwrap();
    assert!(matches!(first, Err(StorageError::StreamNotFound { .. })));
    // ANCHOR_END: missing
}

#[tokio::test]
async fn the_feed_is_every_event_in_order() {
    let app = Mink::open("memory://").await.unwrap();
    receive(&app, "tea", 5).await;
    receive(&app, "coffee", 2).await;
    app.append::<Stock>(
        "tea",
        ExpectedVersion::Exact(1),
        StockReserved { pieces: 1 },
    )
    .await
    .unwrap();
    // ANCHOR: feed
    let events: Vec<_> = app.feed().read().try_collect().await.unwrap();
    let positions: Vec<_> = events.iter().map(|event| event.position.0).collect();
    assert_eq!(positions, [1, 2, 3]);
    // ANCHOR_END: feed
    // ANCHOR: filter
    let reserved: Vec<_> = app
        .feed()
        .of_type::<StockReserved>()
        .in_category("Stock")
        .unwrap()
        .read()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(reserved[0].position, Position(3));
    let event: StockReserved = decode(&reserved[0].event).unwrap();
    assert_eq!(event.pieces, 1);
    // ANCHOR_END: filter
    // ANCHOR: page
    let mut after = Position::START;
    loop {
        let page = app.feed().after(after).page_size(2).page().await.unwrap();
        // ... do something with page.events, then remember page.next ...
        after = page.next;
        if page.next >= page.head {
            break;
        }
    }
    assert_eq!(after, Position(3));
    // ANCHOR_END: page
}

#[tokio::test]
async fn a_follower_gets_what_is_committed_while_it_waits() {
    let app = Mink::open("memory://").await.unwrap();
    receive(&app, "tea", 5).await;
    // ANCHOR: follow
    let follower = app.feed().after(Position::START).follow();
    let reader = tokio::spawn(async move {
        follower
            .take(2)
            .map_ok(|event| event.position.0)
            .try_collect::<Vec<_>>()
            .await
    });
    receive(&app, "tea", 1).await; // while the reader waits
    assert_eq!(reader.await.unwrap().unwrap(), [1, 2]);
    // ANCHOR_END: follow
}

#[tokio::test]
async fn a_receipt_is_waited_for() {
    let app = Mink::open("sqlite::memory:").await.unwrap();
    // ANCHOR: wait_for
    let receipt = app
        .append::<Stock>("tea", ExpectedVersion::Any, received(5))
        .await
        .unwrap();
    let position = app.wait_for(&receipt).await.unwrap();
    let page = app.feed().page().await.unwrap();
    assert!(page.head >= position);
    // ANCHOR_END: wait_for
}

#[tokio::test]
async fn the_store_behind_an_application_is_at_hand() {
    let app = Mink::open("sqlite::memory:").await.unwrap();
    assert_eq!(app.storage().name(), "sqlite");
    let closed = app.storage().clone();
    app.shutdown().await.unwrap();
    assert!(matches!(closed.head().await, Err(StorageError::Closed)));
}
