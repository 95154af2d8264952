//! From a stored row to an event. A row that breaks the schema's own rules is a typed error that says which.
//!
//! Columns are read from the bytes on the wire: a page of events is the hottest thing a store decodes.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{Format, KeyDigest, RecordedEvent, StorageError};
use sqlx::Row;
use sqlx::postgres::{PgRow, PgValueFormat, PgValueRef};
use uuid::Uuid;

/// Reads events from rows whose last columns are, in this order: version, event_id, event_type, schema_version,
/// format, payload, payload_bytes, metadata, recorded_at.
#[derive(Default)]
pub(crate) struct EventReader {
    types: Vec<Arc<str>>,
    /// The last metadata as text, and read once it came twice.
    metadata: (Vec<u8>, Option<Metadata>),
}

/// How many of the types seen are kept to be shared; a store has few.
const TYPES: usize = 32;

/// PostgreSQL counts microseconds from 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Whose row it is, as far as it is known, for the error.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Stream(&'a StreamId),
    Position(Position),
    Event(EventId),
    Listed,
    Feed,
    Key(KeyDigest),
    Keys,
}

impl std::fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream `{stream}`"),
            Self::Position(position) => write!(f, "position {position}"),
            Self::Event(id) => write!(f, "event {id}"),
            Self::Listed => f.write_str("a stream in the list"),
            Self::Feed => f.write_str("the feed"),
            Self::Key(key) => write!(f, "idempotency key {key}"),
            Self::Keys => f.write_str("the idempotency keys"),
        }
    }
}

pub(crate) fn damaged(whose: Whose<'_>, what: &str) -> StorageError {
    StorageError::Corrupt {
        what: format!("{whose}: {what}"),
    }
}

/// A column of a row. `None` when it is null or not of the type that is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r> {
    row: &'r PgRow,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r PgRow) -> Self {
        Self { row }
    }

    fn value(self, index: usize) -> Option<PgValueRef<'r>> {
        let value = self.row.try_get_raw(index).ok()?;
        (value.format() == PgValueFormat::Binary).then_some(value)
    }

    pub(crate) fn bytes(self, index: usize) -> Option<&'r [u8]> {
        self.value(index)?.as_bytes().ok()
    }

    pub(crate) fn text(self, index: usize) -> Option<&'r str> {
        std::str::from_utf8(self.bytes(index)?).ok()
    }

    pub(crate) fn int(self, index: usize) -> Option<i64> {
        self.bytes(index)?.try_into().ok().map(i64::from_be_bytes)
    }

    pub(crate) fn uuid(self, index: usize) -> Option<Uuid> {
        Uuid::from_slice(self.bytes(index)?).ok()
    }

    pub(crate) fn time(self, index: usize) -> Option<DateTime<Utc>> {
        let micros = self.int(index)?.checked_add(EPOCH_MICROS)?;
        DateTime::from_timestamp_micros(micros)
    }

    pub(crate) fn is_null(self, index: usize) -> bool {
        self.bytes(index).is_none()
    }

    /// A count, version or position: 0 or more.
    pub(crate) fn unsigned(
        self,
        index: usize,
        name: &str,
        whose: Whose<'_>,
    ) -> Result<u64, StorageError> {
        self.int(index)
            .and_then(|value| u64::try_from(value).ok())
            .ok_or_else(|| damaged(whose, &format!("column `{name}` is not a number from 0 up")))
    }

    pub(crate) fn stream(self, index: usize, whose: Whose<'_>) -> Result<StreamId, StorageError> {
        let name = self
            .text(index)
            .ok_or_else(|| damaged(whose, "column `stream` is not text"))?;
        StreamId::new(name).map_err(|error| damaged(whose, &error.to_string()))
    }

    pub(crate) fn tenant(self, index: usize, whose: Whose<'_>) -> Result<TenantId, StorageError> {
        let name = self
            .text(index)
            .ok_or_else(|| damaged(whose, "column `tenant` is not text"))?;
        TenantId::try_from(name.to_owned()).map_err(|error| damaged(whose, &error.to_string()))
    }
}

impl EventReader {
    /// The event whose columns begin at `first`.
    pub(crate) fn event(
        &mut self,
        columns: Columns<'_>,
        first: usize,
        tenant: &TenantId,
        stream: &StreamId,
        whose: Whose<'_>,
    ) -> Result<RecordedEvent, StorageError> {
        let version = columns.unsigned(first, "version", whose)?;
        let at = |what: &str| {
            let known = match whose {
                Whose::Stream(_) => String::new(),
                _ => format!("stream `{stream}`, "),
            };
            damaged(whose, &format!("{known}version {version}: {what}"))
        };
        if version == 0 {
            return Err(at("versions start at 1"));
        }
        let typed = |name: &str| at(&format!("column `{name}` is not what it should be"));
        let id = columns.uuid(first + 1).ok_or_else(|| typed("event_id"))?;
        let event_type = columns.text(first + 2).ok_or_else(|| typed("event_type"))?;
        let event_type = self.event_type(event_type);
        let schema_version = columns
            .int(first + 3)
            .and_then(|version| u32::try_from(version).ok())
            .ok_or_else(|| typed("schema_version"))?;
        let format = columns.text(first + 4).ok_or_else(|| typed("format"))?;
        let format = Format::from_name(format);
        let payload = match format {
            Format::Json => columns.bytes(first + 5).ok_or_else(|| typed("payload"))?,
            _ => columns
                .bytes(first + 6)
                .ok_or_else(|| typed("payload_bytes"))?,
        };
        let metadata = columns.bytes(first + 7).ok_or_else(|| typed("metadata"))?;
        let metadata = self.metadata(metadata).ok_or_else(|| typed("metadata"))?;
        let recorded_at = columns
            .time(first + 8)
            .ok_or_else(|| typed("recorded_at"))?;
        Ok(RecordedEvent {
            id: EventId(id),
            tenant: tenant.clone(),
            stream: stream.clone(),
            version,
            event_type,
            schema_version,
            format,
            payload: Bytes::copy_from_slice(payload),
            metadata,
            recorded_at,
        })
    }

    fn event_type(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.types.iter().find(|known| ***known == *name) {
            return known.clone();
        }
        let new: Arc<str> = name.into();
        if self.types.len() < TYPES {
            self.types.push(new.clone());
        }
        new
    }

    /// Neighbours that were written together share their metadata; the others should not pay for that.
    fn metadata(&mut self, text: &[u8]) -> Option<Metadata> {
        let (last, known) = &mut self.metadata;
        if *last != text {
            let metadata = serde_json::from_slice(text).ok()?;
            last.clear();
            last.extend_from_slice(text);
            *known = None;
            return Some(metadata);
        }
        if known.is_none() {
            *known = Some(serde_json::from_slice(text).ok()?);
        }
        known.clone()
    }
}
