//! Which rows a batch writes.

use std::sync::Arc;

use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{Append, Format, NewEvent};
use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;

use super::key::KeyRow;

/// One append that is going to happen.
pub(super) struct Write<'a> {
    append: &'a Append,
    tenant: Arc<str>,
    stream: Arc<str>,
    category: Arc<str>,
    base_version: i64,
}

impl<'a> Write<'a> {
    pub(super) fn new(append: &'a Append, base_version: i64) -> Self {
        Self {
            append,
            tenant: append.tenant.as_str().into(),
            stream: append.stream.as_str().into(),
            category: append.stream.category().into(),
            base_version,
        }
    }

    pub(super) fn last_version(&self) -> i64 {
        self.base_version
            .saturating_add_unsigned(self.append.events.len() as u64)
    }

    /// Binds the row of `mink_streams`, in the order of `upsert_streams.sql`.
    pub(super) fn bind(&self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        arguments.add(self.tenant.clone())?;
        arguments.add(self.stream.clone())?;
        arguments.add(self.category.clone())?;
        arguments.add(self.last_version())
    }
}

/// Every append of a batch that is going to happen, behind the feed's last position.
pub(super) struct Plan<'a> {
    pub(super) writes: Vec<Write<'a>>,
    pub(super) keys: Vec<KeyRow<'a>>,
    position: i64,
}

impl<'a> Plan<'a> {
    pub(super) fn after(position: i64) -> Self {
        Self {
            writes: Vec::new(),
            keys: Vec::new(),
            position,
        }
    }

    pub(super) fn push(&mut self, write: Write<'a>) {
        self.writes.push(write);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.keys.is_empty()
    }

    pub(super) fn event_count(&self) -> usize {
        self.writes.iter().map(|w| w.append.events.len()).sum()
    }

    /// Every event's row, in the order of the feed.
    pub(super) fn rows(&self) -> impl Iterator<Item = EventRow<'_>> {
        self.writes
            .iter()
            .flat_map(|write| {
                (write.base_version + 1..)
                    .zip(&write.append.events)
                    .map(move |(version, event)| (write, version, event))
            })
            .zip(self.position + 1..)
            .map(|((write, version, event), position)| EventRow {
                write,
                event,
                version,
                position,
            })
    }
}

/// One row of `mink_events`.
pub(super) struct EventRow<'a> {
    write: &'a Write<'a>,
    event: &'a NewEvent,
    version: i64,
    position: i64,
}

/// The text of the last type and metadata, which neighbours mostly share.
#[derive(Default)]
pub(super) struct LastText<'a> {
    event_type: Option<Arc<str>>,
    format: Option<Arc<str>>,
    metadata: Option<(&'a Metadata, Arc<str>)>,
}

fn shared(last: &mut Option<Arc<str>>, text: &str) -> Arc<str> {
    match last {
        Some(last) if **last == *text => last.clone(),
        _ => last.insert(text.into()).clone(),
    }
}

impl<'a> EventRow<'a> {
    /// Binds the row, in the order of `insert_events.sql`.
    pub(super) fn bind(
        &self,
        arguments: &mut SqliteArguments,
        last: &mut LastText<'a>,
    ) -> Result<(), BoxDynError> {
        let event = self.event;
        arguments.add(self.position)?;
        arguments.add(self.write.tenant.clone())?;
        arguments.add(self.write.stream.clone())?;
        arguments.add(self.version)?;
        arguments.add(event.id.0.as_bytes().as_slice())?;
        arguments.add(shared(&mut last.event_type, &event.event_type))?;
        arguments.add(i64::from(event.schema_version))?;
        arguments.add(self.write.category.clone())?;
        arguments.add(event.recorded_at.timestamp_micros())?;
        arguments.add(shared(&mut last.format, event.format.name()))?;
        let metadata = match &last.metadata {
            Some((of, text)) if **of == event.metadata => text.clone(),
            _ => {
                let text: Arc<str> = serde_json::to_string(&event.metadata)?.into();
                last.metadata = Some((&event.metadata, text.clone()));
                text
            }
        };
        arguments.add(metadata)?;
        bind_payload(arguments, event)
    }
}

/// JSON is text to SQLite, so that its functions work on it.
pub(super) fn bind_payload(
    arguments: &mut SqliteArguments,
    event: &NewEvent,
) -> Result<(), BoxDynError> {
    match event.format {
        Format::Json => arguments.add(String::from_utf8(event.payload.to_vec())?),
        _ => arguments.add(event.payload.to_vec()),
    }
}
