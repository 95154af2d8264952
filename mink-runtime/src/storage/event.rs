use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;

/// How a payload is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// UTF-8 JSON text, kept byte for byte and open to the database's JSON functions.
    #[default]
    Json,
    /// Anything else, kept byte for byte; the name says what it is.
    Binary(Cow<'static, str>),
}

impl Format {
    /// Names that stand where the content of an event was removed; no event can be appended under them. See
    /// [`Change`](super::Change).
    pub const RESERVED: [&'static str; 2] = [Self::TRUNCATED, Self::ARCHIVED];

    /// The stored name of an event whose content is gone for good.
    pub const TRUNCATED: &'static str = "truncated";

    /// The stored name of an event whose content was put elsewhere.
    pub const ARCHIVED: &'static str = "archived";

    /// The name as stored: `json`, or the binary format's own.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Json => "json",
            Self::Binary(name) => name,
        }
    }

    /// The format of this stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            // the usual ones cost no copy for each event
            "msgpack" => Self::Binary(Cow::Borrowed("msgpack")),
            "protobuf" => Self::Binary(Cow::Borrowed("protobuf")),
            other => Self::Binary(Cow::Owned(other.to_owned())),
        }
    }
}

/// A sealed event on its way into a store.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Chosen by the writer; unique within the tenant.
    pub id: EventId,
    /// The stored name of its type.
    pub event_type: Cow<'static, str>,
    /// The version of the type's schema that the payload follows. At least 1.
    pub schema_version: u32,
    /// How the payload is written.
    pub format: Format,
    /// The payload, kept byte for byte.
    pub payload: Bytes,
    /// Who, why and in whose name.
    pub metadata: Metadata,
    /// When it happened by the writer's clock. Kept to the microsecond; what is finer is cut off.
    pub recorded_at: DateTime<Utc>,
}

/// An event as a store gives it back.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The stream it is in.
    pub stream: StreamId,
    /// Its place in that stream; the first event has version 1.
    pub version: u64,
    /// The stored name of its type.
    pub event_type: Arc<str>,
    /// The version of the type's schema that the payload follows.
    pub schema_version: u32,
    /// How the payload is written.
    pub format: Format,
    /// The payload, byte for byte as it was appended.
    pub payload: Bytes,
    /// Who, why and in whose name.
    pub metadata: Metadata,
    /// When it happened by the writer's clock, to the microsecond.
    pub recorded_at: DateTime<Utc>,
}

/// As much of a stored event as it takes to decode it and to evolve from it, borrowed from where it was read to.
///
/// A recorded event is one too: `(&recorded).into()`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredEvent<'a> {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The stream it is in.
    pub stream: &'a StreamId,
    /// Its place in that stream; the first event has version 1.
    pub version: u64,
    /// The stored name of its type.
    pub event_type: &'a str,
    /// The version of the type's schema that the payload follows.
    pub schema_version: u32,
    /// How the payload is written.
    pub format: &'a Format,
    /// The payload, byte for byte as it was appended.
    pub payload: &'a [u8],
}

impl<'a> From<&'a RecordedEvent> for StoredEvent<'a> {
    fn from(event: &'a RecordedEvent) -> Self {
        Self {
            id: event.id,
            tenant: &event.tenant,
            stream: &event.stream,
            version: event.version,
            event_type: &event.event_type,
            schema_version: event.schema_version,
            format: &event.format,
            payload: &event.payload,
        }
    }
}
