//! From a stored row to an event. A row that breaks the schema's own rules is a typed error that says which.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{
    Format, KeyDigest, RecordedEvent, StorageError, StreamInfo, StreamMarks,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};
use uuid::Uuid;

/// Reads events from rows whose last two columns are their facts, written one behind the other, and their payload.
///
/// sqlx copies each column of a row into memory of its own and hands it from thread to thread. A page of events is
/// mostly that, so what is small travels as one column:
///
/// `version schema_version recorded_at id_length type_length format_length id type format metadata`
#[derive(Default)]
pub(crate) struct EventReader {
    types: Vec<Arc<str>>,
    /// The last metadata as text, and read once it came twice.
    metadata: (Vec<u8>, Option<Metadata>),
    tenant: Option<TenantId>,
    stream: Option<StreamId>,
}

/// How many of the types seen are kept to be shared; a store has few.
const TYPES: usize = 32;

/// Whose row it is, as far as it is known, for the error.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Stream(&'a StreamId),
    Position(Position),
    Event(EventId),
    Key(KeyDigest),
    Listed,
}

impl std::fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream `{stream}`"),
            Self::Position(position) => write!(f, "position {position}"),
            Self::Event(id) => write!(f, "event {id}"),
            Self::Key(key) => write!(f, "idempotency key {key}"),
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

/// A stream's row, from its version, first, truncated and deleted.
pub(crate) fn marks(numbers: [i64; 4], whose: Whose<'_>) -> Result<StreamMarks, StorageError> {
    let [version, first, truncated, deleted] = numbers;
    Ok(StreamMarks {
        version: unsigned(version, "version", whose)?,
        first: unsigned(first, "first", whose)?.max(1),
        truncated: unsigned(truncated, "truncated", whose)?,
        deleted: deleted != 0,
    })
}

/// [`marks`] from four columns of a row.
pub(crate) fn marks_at(
    row: &SqliteRow,
    index: usize,
    whose: Whose<'_>,
) -> Result<StreamMarks, StorageError> {
    let numbers = [
        column(row, index, "version", whose)?,
        column(row, index + 1, "first", whose)?,
        column(row, index + 2, "truncated", whose)?,
        column(row, index + 3, "deleted", whose)?,
    ];
    marks(numbers, whose)
}

/// What is known of the stream whose row this is.
pub(crate) fn info(tenant: &TenantId, stream: StreamId, marks: StreamMarks) -> StreamInfo {
    StreamInfo {
        tenant: tenant.clone(),
        stream,
        version: marks.version,
        first: marks.first,
        truncated: marks.truncated,
        archived: marks.archived(),
        deleted: marks.deleted,
    }
}

/// What is left to read of a row's facts.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'r>(&'r [u8]);

impl<'r> Facts<'r> {
    pub(crate) fn of(
        row: &'r SqliteRow,
        index: usize,
        whose: Whose<'_>,
    ) -> Result<Self, StorageError> {
        column(row, index, "facts", whose).map(Self)
    }

    /// The number up to the next space, or the end.
    pub(crate) fn number(&mut self) -> Option<i64> {
        let end = self.0.iter().position(|byte| *byte == b' ');
        let (digits, rest) = match end {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        let (digits, negative) = match digits {
            [b'-', digits @ ..] => (digits, true),
            digits => (digits, false),
        };
        if digits.is_empty() {
            return None;
        }
        let mut number: i64 = 0;
        for digit in digits {
            let digit = i64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
            let digit = if negative { -digit } else { digit };
            number = number.checked_mul(10)?.checked_add(digit)?;
        }
        Some(number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Facts at the start of these bytes.
    pub(crate) fn behind(bytes: &'r [u8]) -> Self {
        Self(bytes)
    }

    /// What is left.
    pub(crate) fn rest(self) -> &'r [u8] {
        self.0
    }

    /// As many bytes, and the space behind them.
    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'r [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.strip_prefix(b" ")?;
        Some(bytes)
    }

    pub(crate) fn text(&mut self, length: usize) -> Option<&'r str> {
        std::str::from_utf8(self.bytes(length)?).ok()
    }
}

impl EventReader {
    /// The event whose facts these are, and whose payload is in the column `payload`.
    pub(crate) fn event(
        &mut self,
        row: &SqliteRow,
        mut facts: Facts<'_>,
        payload: usize,
        tenant: &TenantId,
        stream: &StreamId,
        whose: Whose<'_>,
    ) -> Result<RecordedEvent, StorageError> {
        let version = facts.number().ok_or_else(|| torn(whose))?;
        let version = unsigned(version, "version", whose)?;
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
        let schema_version = facts.number().ok_or_else(|| typed("schema_version"))?;
        let schema_version = u32::try_from(schema_version)
            .map_err(|_| at(&format!("its schema version is {schema_version}")))?;
        let recorded_at = facts.number().ok_or_else(|| typed("recorded_at"))?;
        let recorded_at = DateTime::from_timestamp_micros(recorded_at)
            .ok_or_else(|| at("its time is out of range"))?;
        let mut length = || {
            facts
                .number()
                .and_then(|length| usize::try_from(length).ok())
        };
        let [id_length, type_length, format_length] = [length(), length(), length()];
        let id = id_length
            .and_then(|length| facts.bytes(length))
            .and_then(|bytes| Uuid::from_slice(bytes).ok())
            .ok_or_else(|| at("its event id is not a UUID of 16 bytes"))?;
        let event_type = type_length
            .and_then(|length| facts.text(length))
            .ok_or_else(|| typed("event_type"))?;
        let format = format_length
            .and_then(|length| facts.text(length))
            .ok_or_else(|| typed("format"))?;
        let metadata = self
            .metadata(facts.0)
            .ok_or_else(|| at("its metadata is not the JSON object it should be"))?;
        let payload: &[u8] = row.try_get(payload).map_err(|_| typed("payload"))?;
        Ok(RecordedEvent {
            id: EventId(id),
            tenant: tenant.clone(),
            stream: stream.clone(),
            version,
            event_type: self.event_type(event_type),
            schema_version,
            format: Format::from_name(format),
            payload: Bytes::copy_from_slice(payload),
            metadata,
            recorded_at,
        })
    }

    /// The tenant of this name; neighbours mostly share it.
    pub(crate) fn tenant(
        &mut self,
        name: &str,
        whose: Whose<'_>,
    ) -> Result<TenantId, StorageError> {
        if let Some(last) = &self.tenant
            && last.as_str() == name
        {
            return Ok(last.clone());
        }
        let tenant = TenantId::try_from(name.to_owned())
            .map_err(|error| damaged(whose, &error.to_string()))?;
        Ok(self.tenant.insert(tenant).clone())
    }

    /// The stream of this name; neighbours often share it.
    pub(crate) fn stream(
        &mut self,
        name: &str,
        whose: Whose<'_>,
    ) -> Result<StreamId, StorageError> {
        if let Some(last) = &self.stream
            && last.as_str() == name
        {
            return Ok(last.clone());
        }
        let stream = StreamId::new(name).map_err(|error| damaged(whose, &error.to_string()))?;
        Ok(self.stream.insert(stream).clone())
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

/// A row whose facts cannot be told apart.
pub(crate) fn torn(whose: Whose<'_>) -> StorageError {
    damaged(whose, "its columns hold values of other types")
}
