use std::borrow::Cow;

use chrono::{DateTime, SubsecRound, Utc};

use crate::aggregate::{Aggregate, AnyEvent};
use crate::id::EventId;
use crate::metadata::Metadata;
use crate::storage::{Format, NewEvent};

/// An event could not be written as JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event `{event_type}` cannot be written as JSON: {reason}")]
pub struct EncodeError {
    /// The stored name of its type.
    pub event_type: &'static str,
    /// What is wrong, without any value.
    pub reason: String,
}

/// Turns a domain event into what a store keeps: serialized, stamped with its schema's version, under a fresh id.
///
/// # Errors
/// [`EncodeError`] when its `Serialize` fails, as for a map whose keys are not text, and when what it wrote cannot be read
/// again, as for a NaN, which JSON has no word for: stored, it would keep the whole stream from ever being loaded.
pub fn encode<A: Aggregate>(
    event: &AnyEvent<A>,
    metadata: &Metadata,
    now: DateTime<Utc>,
) -> Result<NewEvent, EncodeError> {
    let payload = event.to_json().map_err(|error| EncodeError {
        event_type: event.name(),
        reason: super::without_values(&error),
    })?;
    event.reads_back(&payload).map_err(|error| EncodeError {
        event_type: event.name(),
        reason: format!(
            "what was written could not be read back ({}); JSON has no NaN, no infinity and no nesting without end",
            super::without_values(&error)
        ),
    })?;
    Ok(NewEvent {
        id: EventId::new(),
        event_type: Cow::Borrowed(event.name()),
        schema_version: event.schema_version(),
        format: Format::Json,
        payload: payload.into(),
        metadata: metadata.clone(),
        recorded_at: now.trunc_subsecs(6),
    })
}
