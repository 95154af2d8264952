//! The store on PostgreSQL. `cargo xtask test` starts a server and sets the variable.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use futures_util::TryStreamExt;
use mink::id::Position;
use mink::postgres::PostgresStore;
use mink::prelude::*;

#[event]
pub struct StockReceived {
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
}

fn received(pieces: u32) -> StockReceived {
    StockReceived { pieces }
}

fn server() -> String {
    std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "this test needs a PostgreSQL server: run it with `cargo xtask test -p book-snippets`, or set MINK_TEST_POSTGRES_URL to the URL of one"
        )
    })
}

/// A schema that no other test uses.
fn fresh() -> String {
    let id = mink::id::EventId::new().to_string().replace('-', "");
    format!("book_{id}")
}

async fn drop_schema(store: &PostgresStore, schema: &str) {
    let sql = format!("DROP SCHEMA {schema} CASCADE");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(store.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn postgresql_is_opened_with_options() {
    let (url, schema) = (server(), fresh());
    // ANCHOR: options
    let store = PostgresStore::builder(&url)
        .schema(&schema)
        .max_connections(20)
        .open()
        .await
        .unwrap();
    let app = Mink::builder().storage(store.clone()).open().await.unwrap();
    // ANCHOR_END: options
    let receipt = app
        .append::<Stock>("tea", ExpectedVersion::NoStream, received(5))
        .await
        .unwrap();
    assert_eq!(app.wait_for(&receipt).await.unwrap(), Position(1));
    assert_eq!(app.load::<Stock>("tea").await.unwrap().pieces, 5);
    drop_schema(&store, &schema).await;
}

#[tokio::test]
async fn a_row_and_an_event_become_durable_together() {
    let (url, schema) = (server(), fresh());
    let store = PostgresStore::builder(&url).schema(&schema);
    let store = store.open().await.unwrap();
    let app = Mink::builder().storage(store.clone()).open().await.unwrap();
    let table = format!("{schema}.deliveries");
    let create = format!("CREATE TABLE {table} (note TEXT)");
    let insert = format!("INSERT INTO {table} VALUES ('five boxes of tea')");
    for sql in [create, insert.clone()] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(store.pool())
            .await
            .unwrap();
    }
    let insert = sqlx::query(sqlx::AssertSqlSafe(insert));
    // ANCHOR: append_in
    let commit = app
        .batch()
        .append::<Stock>("tea", ExpectedVersion::NoStream, received(5))
        .unwrap()
        .into_commit()
        .unwrap();

    let mut tx = store.pool().begin().await.unwrap();
    insert.execute(&mut *tx).await.unwrap(); // a statement of your own
    store.append_in(&mut tx, &commit).await.unwrap();
    tx.commit().await.unwrap();
    store.wake();
    // ANCHOR_END: append_in
    assert_eq!(app.load::<Stock>("tea").await.unwrap().pieces, 5);
    let events: Vec<_> = app.feed().read().try_collect().await.unwrap();
    assert_eq!(events.len(), 1);
    drop_schema(&store, &schema).await;
}

#[tokio::test]
async fn schemas_of_one_database_never_meet() {
    let (shop, bank) = (fresh(), fresh());
    let url = server();
    let connect = |schema: String| {
        let builder = PostgresStore::builder(&url).schema(schema);
        async move { builder.open().await.unwrap() }
    };
    let (one, other) = (connect(shop.clone()).await, connect(bank.clone()).await);
    let app = Mink::builder().storage(one.clone()).open().await.unwrap();
    app.append::<Stock>("tea", ExpectedVersion::NoStream, received(5))
        .await
        .unwrap();
    assert_eq!(app.head().await.unwrap(), Position(1));
    let app = Mink::builder().storage(other.clone()).open().await.unwrap();
    assert_eq!(app.head().await.unwrap(), Position::START);
    drop_schema(&one, &shop).await;
    drop_schema(&other, &bank).await;
}

#[tokio::test]
async fn json_is_open_to_sql() {
    let schema = fresh();
    let store = PostgresStore::builder(&server()).schema(&schema);
    let store = store.open().await.unwrap();
    let app = Mink::builder().storage(store.clone()).open().await.unwrap();
    app.append::<Stock>("tea", ExpectedVersion::NoStream, received(5))
        .await
        .unwrap();
    let sql = format!(
        "SELECT payload ->> 'pieces' FROM {schema}.events WHERE event_type = 'StockReceived'"
    );
    let pieces: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(pieces, "5");
    drop_schema(&store, &schema).await;
}
