//! What is special about PostgreSQL: several nodes, transactions that overlap, the user's own, a server that goes
//! away, and schemas.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod append_in;
mod commit;
mod configured;
mod cost;
mod damage;
mod database;
mod feed;
mod health;
mod lost;
mod overlap;
mod proxy;
mod restore;
mod schema;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::DateTime;
use database::Database;
use mink_postgres::PostgresStore;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{
    Append, Commit, CommitError, Committed, ExpectedVersion, FeedEvent, FeedFilter, Format,
    NewEvent, Storage, StreamQuery,
};
use sqlx::{Connection, PgConnection};

async fn open(database: &Database) -> PostgresStore {
    PostgresStore::open(&database.url()).await.unwrap()
}

/// A connection that no store knows of.
async fn outsider(database: &Database) -> PgConnection {
    PgConnection::connect(&database.url()).await.unwrap()
}

fn stream(name: &str) -> StreamId {
    StreamId::new(name).unwrap()
}

fn event(payload: &str) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "Happened".into(),
        schema_version: 1,
        format: Format::Json,
        payload: payload.to_owned().into(),
        metadata: Metadata::default(),
        recorded_at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
    }
}

fn append(name: &str, expected: ExpectedVersion, events: Vec<NewEvent>) -> Append {
    Append {
        tenant: TenantId::default(),
        stream: stream(name),
        expected,
        events,
    }
}

fn one(name: &str, expected: ExpectedVersion) -> Arc<Commit> {
    Arc::new(Commit::new(vec![append(name, expected, vec![event("{}")])]))
}

async fn submit(store: &PostgresStore, commit: &Arc<Commit>) -> Result<Committed, CommitError> {
    store
        .commit(std::slice::from_ref(commit))
        .await
        .pop()
        .unwrap()
}

async fn put(store: &PostgresStore, name: &str) {
    submit(store, &one(name, ExpectedVersion::Any))
        .await
        .unwrap();
}

async fn version(store: &PostgresStore, name: &str) -> u64 {
    store
        .stream_info(&TenantId::default(), &stream(name))
        .await
        .unwrap()
        .map_or(0, |info| info.version)
}

fn query(name: &str) -> StreamQuery {
    StreamQuery::new(TenantId::default(), stream(name))
}

/// The whole feed, checked: positions without gaps from 1, no event twice, every stream in its own order.
async fn whole_feed(store: &PostgresStore) -> Vec<FeedEvent> {
    let mut feed: Vec<FeedEvent> = Vec::new();
    let mut after = Position::START;
    loop {
        let page = store
            .read_feed(after, &FeedFilter::all(), 500)
            .await
            .unwrap();
        feed.extend(page.events);
        after = page.next;
        if page.next >= page.head {
            break;
        }
    }
    let mut versions: HashMap<StreamId, u64> = HashMap::new();
    for (event, position) in feed.iter().zip(1..) {
        assert_eq!(event.position.0, position, "positions have no gaps");
        let version = versions.entry(event.event.stream.clone()).or_default();
        assert_eq!(
            event.event.version,
            *version + 1,
            "the feed keeps the order of stream `{}`",
            event.event.stream
        );
        *version += 1;
    }
    feed
}

/// The streams of the feed's events, in order.
async fn fed(store: &PostgresStore) -> Vec<String> {
    let names = |event: FeedEvent| event.event.stream.as_str().to_owned();
    whole_feed(store).await.into_iter().map(names).collect()
}
