//! A batch as the arrays that the function in the database takes.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{Commit, ExpectedVersion, Format, IdempotencyRecord, NewEvent};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use crate::keys::microseconds;

const ANY: i64 = -1;
const EXISTS: i64 = -2;

#[derive(Default)]
pub(super) struct Batch<'a> {
    // One element per append.
    commit: Vec<i32>,
    tenant: Vec<&'a str>,
    stream: Vec<&'a str>,
    expected: Vec<i64>,
    first: Vec<i32>,
    count: Vec<i32>,
    // One element per event.
    append: Vec<i32>,
    id: Vec<Uuid>,
    event_type: Vec<&'a str>,
    schema_version: Vec<i64>,
    format: Vec<&'a str>,
    payload: Vec<Option<&'a str>>,
    /// Left out when every payload is JSON.
    bytes: Option<Vec<Option<&'a [u8]>>>,
    metadata: Vec<Cow<'a, str>>,
    recorded_at: Vec<DateTime<Utc>>,
    /// Left out when no commit has a key.
    keys: Option<Keys<'a>>,
}

/// One element per commit with a key.
#[derive(Default)]
struct Keys<'a> {
    commit: Vec<i32>,
    tenant: Vec<&'a str>,
    key: Vec<&'a [u8]>,
    id: Vec<Uuid>,
    command: Vec<&'a str>,
    fingerprint: Vec<&'a [u8]>,
    answer: Vec<&'a [u8]>,
    keep: Vec<i64>,
    owner: Vec<Option<Uuid>>,
}

impl<'a> Keys<'a> {
    fn push(&mut self, number: i32, commit: &Commit, record: &'a IdempotencyRecord) {
        self.commit.push(number);
        self.tenant.push(record.tenant.as_str());
        self.key.push(&record.key.0);
        self.id.push(commit.id.0);
        self.command.push(&record.command);
        self.fingerprint.push(&record.fingerprint);
        self.answer.push(&record.answer);
        self.keep.push(microseconds(record.keep_for));
        self.owner.push(record.owner);
    }
}

impl<'a> Batch<'a> {
    pub(super) fn of(commits: &[&'a Commit]) -> Self {
        let mut batch = Self::default();
        let binary = commits
            .iter()
            .flat_map(|commit| commit.events())
            .any(|event| !matches!(event.format, Format::Json));
        if binary {
            batch.bytes = Some(Vec::new());
        }
        for (commit, number) in commits.iter().zip(1..) {
            if let Some(record) = &commit.idempotency {
                let keys = batch.keys.get_or_insert_default();
                keys.push(number, commit, record);
            }
            for append in &commit.appends {
                batch.commit.push(number);
                batch.tenant.push(append.tenant.as_str());
                batch.stream.push(append.stream.as_str());
                batch.expected.push(match append.expected {
                    ExpectedVersion::Any => ANY,
                    ExpectedVersion::StreamExists => EXISTS,
                    ExpectedVersion::NoStream => 0,
                    ExpectedVersion::Exact(version) => i64::try_from(version).unwrap_or(i64::MAX),
                });
                batch.first.push(length(&batch.id) + 1);
                batch.count.push(length(&append.events));
                for event in &append.events {
                    batch.append.push(length(&batch.commit));
                    batch.id.push(event.id.0);
                    batch.event_type.push(&event.event_type);
                    batch.schema_version.push(event.schema_version.into());
                    batch.format.push(event.format.name());
                    let (payload, bytes) = match event.format {
                        // Checked to be UTF-8 before; what is not becomes no payload and is refused.
                        Format::Json => (std::str::from_utf8(&event.payload).ok(), None),
                        _ => (None, Some(&*event.payload)),
                    };
                    batch.payload.push(payload);
                    if let Some(column) = &mut batch.bytes {
                        column.push(bytes);
                    }
                    batch.metadata.push(text(&event.metadata));
                    batch.recorded_at.push(at(event));
                }
            }
        }
        batch
    }

    pub(super) fn is_keyed(&self) -> bool {
        self.keys.is_some()
    }

    pub(super) fn bind<'q>(
        &'q self,
        query: Query<'q, Postgres, PgArguments>,
    ) -> Query<'q, Postgres, PgArguments> {
        let query = query
            .bind(&self.commit)
            .bind(&self.tenant)
            .bind(&self.stream)
            .bind(&self.expected)
            .bind(&self.first)
            .bind(&self.count)
            .bind(&self.append)
            .bind(&self.id)
            .bind(&self.event_type)
            .bind(&self.schema_version)
            .bind(&self.format)
            .bind(&self.payload)
            .bind(&self.bytes)
            .bind(&self.metadata)
            .bind(&self.recorded_at);
        let Some(keys) = &self.keys else {
            return query;
        };
        query
            .bind(&keys.commit)
            .bind(&keys.tenant)
            .bind(&keys.key)
            .bind(&keys.id)
            .bind(&keys.command)
            .bind(&keys.fingerprint)
            .bind(&keys.answer)
            .bind(&keys.keep)
            .bind(&keys.owner)
    }
}

/// The caller bounds a batch far below this.
fn length<T>(of: &[T]) -> i32 {
    i32::try_from(of.len()).unwrap_or(i32::MAX)
}

/// When it happened: cut, not rounded, to what the column keeps.
pub(super) fn at(event: &NewEvent) -> DateTime<Utc> {
    let micros = event.recorded_at.timestamp_micros();
    DateTime::from_timestamp_micros(micros).unwrap_or(event.recorded_at)
}

/// Metadata holds nothing but text, so that it can always be written.
pub(super) fn text(metadata: &Metadata) -> Cow<'static, str> {
    if *metadata == Metadata::default() {
        return Cow::Borrowed("{}");
    }
    serde_json::to_string(metadata).map_or(Cow::Borrowed("{}"), Cow::Owned)
}
