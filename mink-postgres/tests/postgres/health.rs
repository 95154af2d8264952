//! Health: what is seen without changing anything, and what is said when the server does not answer.

use std::time::Duration;

use mink_runtime::app::{HealthStatus, Mink, NotReady, Readiness};
use mink_runtime::event::Event;
use mink_runtime::registry::Registry;
use mink_runtime::schema::{Shape, StructShape, TypeShape};
use sqlx::{Postgres, Transaction};

use super::proxy::Proxy;
use super::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Happened {}

impl Event for Happened {
    const NAME: &'static str = "Happened";
}

impl Shape for Happened {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Happened",
        fields: &[],
    });
}

async fn app(store: &PostgresStore) -> Mink {
    let registry = Registry::by_hand().event::<Happened>().build();
    let builder = Mink::builder().registry(registry).storage(store.clone());
    builder.set("health.feed_lag", "1ms").open().await.unwrap()
}

async fn lock<'a>(conn: &'a mut PgConnection, sql: &'static str) -> Transaction<'a, Postgres> {
    let mut tx = conn.begin().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_wait_for_their_place_are_counted_without_giving_them_one() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    fed(&store).await;
    let app = app(&store).await;
    let health = app.health().await;
    assert_eq!(health.status, HealthStatus::Up, "{health}");
    assert_eq!(health.of_store.head, Some(Position(1)));
    assert_eq!(health.of_store.lag.unwrap().events, 0);
    let schema = health.of_store.schema.unwrap();
    assert!(schema.found > 0 && schema.found == schema.known);

    // a foreign session holds the sequencer
    let mut foreign = outsider(&database).await;
    let holding = lock(&mut foreign, "SELECT FROM mink.sequencer FOR UPDATE").await;
    put(&store, "Order-2").await;
    put(&store, "Order-3").await;
    let waiting = loop {
        let health = app.health().await;
        if health.status == HealthStatus::Degraded {
            break health;
        }
    };
    let lag = waiting.of_store.lag.unwrap();
    assert_eq!((lag.events, lag.more), (2, false));
    assert!(lag.oldest > Duration::from_millis(1), "{lag:?}");
    assert_eq!(waiting.of_store.head, Some(Position(1)));
    assert!(app.ready().await.is_ready(), "it still takes work");

    holding.rollback().await.unwrap();
    assert_eq!(fed(&store).await.len(), 3);
    let health = app.health().await;
    assert_eq!(health.of_store.head, Some(Position(3)));
    assert_eq!(health.of_store.lag.unwrap().events, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_an_open_transaction_does_not_count_until_it_commits() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut tx = store.begin().await.unwrap();
    let commit = one("Order-1", ExpectedVersion::Any);
    store.append_in(&mut tx, &commit).await.unwrap();
    put(&store, "Order-2").await;
    assert_eq!(fed(&store).await, ["Order-2"]);
    assert_eq!(store.health().await.lag.unwrap().events, 0);
    tx.commit().await.unwrap();
    assert_eq!(store.health().await.lag.unwrap().events, 1);
    assert_eq!(fed(&store).await, ["Order-2", "Order-1"]);
    assert_eq!(store.health().await.lag.unwrap().events, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_connections_are_all_waiting_is_given_up_at_the_deadline() {
    let database = Database::create().await;
    let store = PostgresStore::builder(&database.url())
        .max_connections(1)
        .open()
        .await
        .unwrap();
    let app = app(&store).await;
    let mut foreign = outsider(&database).await;
    let holding = lock(&mut foreign, "LOCK TABLE mink.streams IN EXCLUSIVE MODE").await;
    let committing = {
        let store = store.clone();
        tokio::spawn(async move { put(&store, "Order-1").await })
    };
    let mut health = app.health_within(Duration::from_millis(200)).await;
    while health.of_store.fault.is_none() {
        health = app.health_within(Duration::from_millis(200)).await;
    }
    assert_eq!(health.status, HealthStatus::Down);
    assert_eq!(health.of_store.fault.as_ref().unwrap().kind, "timed_out");
    assert!(health.took < Duration::from_secs(2), "{:?}", health.took);
    holding.rollback().await.unwrap();
    committing.await.unwrap();
    assert!(app.ready().await.is_ready());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_down_and_no_password_is_shown() {
    let database = Database::create().await;
    let proxy = Proxy::before(&database.url()).await;
    let store = PostgresStore::open(proxy.url()).await.unwrap();
    let app = app(&store).await;
    assert!(app.ready().await.is_ready());
    proxy.lose_answers(true);
    let health = app.health().await;
    assert_eq!(health.status, HealthStatus::Down, "{health}");
    let Readiness::NotReady {
        reason: NotReady::Store(fault),
    } = app.ready().await
    else {
        panic!("it is ready");
    };
    assert!(
        ["unavailable", "timed_out"].contains(&fault.kind),
        "{fault:?}"
    );
    let password = url::Url::parse(proxy.url()).unwrap();
    let password = password
        .password()
        .unwrap_or("no password at all")
        .to_owned();
    let json = serde_json::to_string(&health).unwrap();
    assert!(!format!("{health} {health:?} {json} {fault:?}").contains(&password));
    proxy.lose_answers(false);
    assert!(app.ready().await.is_ready());
    store.close().await;
}
