//! Formats: what events are written as, and that each is read by the format it is stored in.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "formats/certain.rs"]
mod certain;
#[path = "formats/codecs.rs"]
mod codecs;
#[path = "formats/damage.rs"]
mod damage;
#[path = "formats/locked.rs"]
mod locked;
#[path = "formats/map_keys.rs"]
mod map_keys;
#[path = "formats/releases.rs"]
mod releases;
#[path = "formats/starting.rs"]
mod starting;
#[path = "formats/stores.rs"]
mod stores;
#[path = "formats/testing.rs"]
mod testing;
#[path = "formats/upcasting.rs"]
mod upcasting;

use mink::event::Event;
use mink::event::codec::Formats;
use mink::id::{EventId, StreamId, TenantId};
use mink::metadata::Metadata;
use mink::pipeline::{DecodeError, decode_with};
use mink::storage::{Format, RecordedEvent};

/// A stored event in this format.
fn stored(name: &str, schema_version: u32, format: &str, payload: Vec<u8>) -> RecordedEvent {
    RecordedEvent {
        id: EventId::new(),
        tenant: TenantId::default(),
        stream: StreamId::new("Account-1").unwrap(),
        version: 1,
        event_type: name.into(),
        schema_version,
        format: Format::from_name(format),
        payload: payload.into(),
        metadata: Metadata::default(),
        recorded_at: std::time::SystemTime::UNIX_EPOCH.into(),
    }
}

/// Reads an event that is stored so, in a program without codecs of its own.
fn read<E: Event>(version: u32, format: &str, payload: Vec<u8>) -> Result<E, DecodeError> {
    decode_with(&stored(E::NAME, version, format, payload), &Formats::new())
}
