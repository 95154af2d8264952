//! Snapshots. Reading a stream from one is one round trip, as reading it without is.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{
    Fingerprint, Format, Snapshot, SnapshotPage, StorageError, StreamQuery,
};

use crate::connections::Connections;
use crate::read::{Marks, clamp, fetch, fetch_once, page};
use crate::row::{Columns, EventReader, Whose, damaged};
use crate::schema::{Schema, Sql};

const READ: &str = include_str!("snapshots/read.sql");
const SAVE: &str = include_str!("snapshots/save.sql");
const DELETE: &str = include_str!("snapshots/delete.sql");
const DELETE_ALL: &str = include_str!("snapshots/delete_all.sql");

pub(crate) struct SnapshotTable {
    connections: Arc<Connections>,
    read: Sql,
    save: Sql,
    delete: Sql,
    delete_all: Sql,
}

impl SnapshotTable {
    pub(crate) fn new(connections: Arc<Connections>, schema: &Schema) -> Self {
        Self {
            connections,
            read: schema.fill(READ),
            save: schema.fill(SAVE),
            delete: schema.fill(DELETE),
            delete_all: schema.fill(DELETE_ALL),
        }
    }

    pub(crate) async fn read(
        &self,
        query: &StreamQuery,
        fingerprint: &Fingerprint,
    ) -> Result<SnapshotPage, StorageError> {
        let rows = fetch(&self.connections, &self.read, |statement| {
            statement
                .bind(query.tenant.as_str())
                .bind(query.stream.as_str())
                .bind(clamp(query.from))
                .bind(clamp(query.to))
                .bind(page(query.limit))
                .bind(fingerprint.0.to_vec())
        })
        .await?;
        let Some((head, events)) = rows.split_first() else {
            return Err(StorageError::StreamNotFound {
                stream: query.stream.clone(),
            });
        };
        let whose = Whose::Stream(&query.stream);
        let head = Columns::of(head);
        let mut page = Marks::of(head, 0, whose)?.page(&query.stream)?;
        let snapshot = match head.is_null(4) {
            true => None,
            false => Some(snapshot(head, query, fingerprint)?),
        };
        let mut reader = EventReader::default();
        page.events = events
            .iter()
            .map(|row| reader.event(Columns::of(row), 4, &query.tenant, &query.stream, whose))
            .collect::<Result<_, _>>()?;
        Ok(SnapshotPage { snapshot, page })
    }

    pub(crate) async fn save(&self, snapshot: &Snapshot) -> Result<bool, StorageError> {
        // Saved a second time it stays as it is; the answer is then that of the second time.
        let rows = fetch(&self.connections, &self.save, |statement| {
            statement
                .bind(snapshot.tenant.as_str())
                .bind(snapshot.stream.as_str())
                .bind(clamp(snapshot.version))
                .bind(&snapshot.fingerprint.0[..])
                .bind(snapshot.format.name())
                .bind(&*snapshot.payload)
                .bind(cut(snapshot.taken_at))
        })
        .await?;
        Ok(!rows.is_empty())
    }

    pub(crate) async fn delete(
        &self,
        tenant: &TenantId,
        stream: Option<&StreamId>,
    ) -> Result<u64, StorageError> {
        let sql = match stream {
            Some(_) => &self.delete,
            None => &self.delete_all,
        };
        let rows = fetch_once(&self.connections, sql, |statement| {
            let statement = statement.bind(tenant.as_str());
            match stream {
                Some(stream) => statement.bind(stream.as_str()),
                None => statement,
            }
        })
        .await?;
        rows.first().map_or(Ok(0), |row| {
            Columns::of(row).unsigned(0, "count", Whose::Snapshots)
        })
    }
}

/// Cut, not rounded, to what the column keeps.
fn cut(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

fn snapshot(
    columns: Columns<'_>,
    query: &StreamQuery,
    fingerprint: &Fingerprint,
) -> Result<Snapshot, StorageError> {
    let whose = Whose::Stream(&query.stream);
    let typed = |name: &str| {
        damaged(
            whose,
            &format!("snapshot: `{name}` is not what it should be"),
        )
    };
    let format = columns.text(8).ok_or_else(|| typed("format"))?;
    let payload = columns.bytes(10).ok_or_else(|| typed("payload"))?;
    Ok(Snapshot {
        tenant: query.tenant.clone(),
        stream: query.stream.clone(),
        version: columns.unsigned(4, "version", whose)?,
        fingerprint: *fingerprint,
        format: Format::from_name(format),
        payload: Bytes::copy_from_slice(payload),
        taken_at: columns.time(12).ok_or_else(|| typed("taken_at"))?,
    })
}
