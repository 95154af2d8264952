//! From a stored row to an event. A row that breaks the schema's own rules is a typed error that says which.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{Format, RecordedEvent, StorageError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};
use uuid::Uuid;

/// Reads events from rows whose last columns are those of `columns.sql`, in its order.
#[derive(Default)]
pub(crate) struct EventReader {
    types: Vec<Arc<str>>,
    metadata: Option<(String, Metadata)>,
}

/// How many of the types seen are kept to be shared; a store has few.
const TYPES: usize = 32;

/// Whose row it is, as far as it is known, for the error.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Stream(&'a StreamId),
    Position(Position),
    Event(EventId),
    Listed,
}

impl std::fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream `{stream}`"),
            Self::Position(position) => write!(f, "position {position}"),
            Self::Event(id) => write!(f, "event {id}"),
            Self::Listed => f.write_str("a stream in the list"),
        }
    }
}

/// A column of a row, or an error that names the row and the column but never what is in it.
pub(crate) fn column<'r, T>(
    row: &'r SqliteRow,
    index: usize,
    name: &str,
    whose: Whose<'_>,
) -> Result<T, StorageError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(index).map_err(|_| {
        damaged(
            whose,
            &format!("column `{name}` holds a value of another type"),
        )
    })
}

pub(crate) fn damaged(whose: Whose<'_>, what: &str) -> StorageError {
    StorageError::Corrupt {
        what: format!("{whose}: {what}"),
    }
}

/// A count or version that can only be 0 or more.
pub(crate) fn unsigned(value: i64, name: &str, whose: Whose<'_>) -> Result<u64, StorageError> {
    u64::try_from(value).map_err(|_| damaged(whose, &format!("`{name}` is {value}, below 0")))
}

impl EventReader {
    /// The event whose columns begin at `first`.
    pub(crate) fn event(
        &mut self,
        row: &SqliteRow,
        first: usize,
        tenant: &TenantId,
        stream: &StreamId,
        whose: Whose<'_>,
    ) -> Result<RecordedEvent, StorageError> {
        let version = unsigned(column(row, first, "version", whose)?, "version", whose)?;
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
        let typed =
            |name: &'static str| at(&format!("column `{name}` holds a value of another type"));
        let id = row
            .try_get::<&[u8], _>(first + 1)
            .ok()
            .and_then(|bytes| Uuid::from_slice(bytes).ok())
            .ok_or_else(|| at("its event id is not a UUID of 16 bytes"))?;
        let event_type: &str = row.try_get(first + 2).map_err(|_| typed("event_type"))?;
        let event_type = self.event_type(event_type);
        let schema_version: i64 = row
            .try_get(first + 3)
            .map_err(|_| typed("schema_version"))?;
        let schema_version = u32::try_from(schema_version)
            .map_err(|_| at(&format!("its schema version is {schema_version}")))?;
        let recorded_at: i64 = row.try_get(first + 4).map_err(|_| typed("recorded_at"))?;
        let recorded_at = DateTime::from_timestamp_micros(recorded_at)
            .ok_or_else(|| at("its time is out of range"))?;
        let format: &str = row.try_get(first + 5).map_err(|_| typed("format"))?;
        let metadata: &str = row.try_get(first + 6).map_err(|_| typed("metadata"))?;
        let metadata = self
            .metadata(metadata)
            .ok_or_else(|| at("its metadata is not the JSON object it should be"))?;
        let payload: &[u8] = row.try_get(first + 7).map_err(|_| typed("payload"))?;
        Ok(RecordedEvent {
            id: EventId(id),
            tenant: tenant.clone(),
            stream: stream.clone(),
            version,
            event_type,
            schema_version,
            format: Format::from_name(format),
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

    /// Neighbours were mostly written together and share their metadata.
    fn metadata(&mut self, text: &str) -> Option<Metadata> {
        if let Some((last, metadata)) = &self.metadata
            && last == text
        {
            return Some(metadata.clone());
        }
        let metadata: Metadata = serde_json::from_str(text).ok()?;
        self.metadata = Some((text.to_owned(), metadata.clone()));
        Some(metadata)
    }
}
