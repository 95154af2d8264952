//! What is special about SQLite: the file, its failures, the user's own transaction, and other processes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod append_in;
mod commit;
mod configured;
mod damage;
mod feed;
mod file;
mod keys;
mod lifecycle;
mod limits;
mod race;
mod read;
mod schema;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use mink_runtime::id::{EventId, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{
    Append, Commit, CommitError, Committed, ExpectedVersion, Format, NewEvent, Storage, StreamQuery,
};
use mink_sqlite::SqliteStore;

fn url(dir: &Path) -> String {
    format!("sqlite://{}", dir.join("shop.db").display())
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
        recorded_at: DateTime::<Utc>::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
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

async fn submit(store: &SqliteStore, commit: &Arc<Commit>) -> Result<Committed, CommitError> {
    store
        .commit(std::slice::from_ref(commit))
        .await
        .pop()
        .unwrap()
}

async fn version(store: &SqliteStore, name: &str) -> u64 {
    store
        .stream_info(&TenantId::default(), &stream(name))
        .await
        .unwrap()
        .map_or(0, |info| info.version)
}

fn query(name: &str) -> StreamQuery {
    StreamQuery::new(TenantId::default(), stream(name))
}
