use std::borrow::Cow;

use chrono::{DateTime, SubsecRound, Utc};

use crate::aggregate::{Aggregate, AnyEvent};
use crate::event::codec::{Formats, JSON, Unwritable, advice, title};
use crate::id::EventId;
use crate::metadata::Metadata;
use crate::storage::{Format, NewEvent};

/// An event could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event `{event_type}` cannot be written as {}: {reason}", title(.format))]
pub struct EncodeError {
    /// The stored name of its type.
    pub event_type: &'static str,
    /// The stored name of the format that it should be written in.
    pub format: &'static str,
    /// What is wrong, without any value.
    pub reason: String,
}

/// Turns a domain event into what a store keeps: serialized in its own format, else in the default of `formats`, stamped
/// with its schema's version, under a fresh id.
///
/// # Errors
/// [`EncodeError`] when its `Serialize` fails, as for a map whose keys are not text; when what it wrote cannot be read
/// again, as for a NaN, which JSON has no word for: stored, it would keep the whole stream from ever being loaded; and
/// when nothing here writes its format.
pub fn encode<A: Aggregate>(
    event: &AnyEvent<A>,
    formats: &Formats,
    metadata: &Metadata,
    now: DateTime<Utc>,
) -> Result<NewEvent, EncodeError> {
    let (format, written) = event.write(formats);
    let payload = written.map_err(|unwritable| EncodeError {
        event_type: event.name(),
        format,
        reason: reason(unwritable, format),
    })?;
    Ok(NewEvent {
        id: EventId::new(),
        event_type: Cow::Borrowed(event.name()),
        schema_version: event.schema_version(),
        format: match format {
            JSON => Format::Json,
            name => Format::Binary(Cow::Borrowed(name)),
        },
        payload: payload.into(),
        metadata: metadata.clone(),
        recorded_at: now.trunc_subsecs(6),
    })
}

fn reason(unwritable: Unwritable, format: &str) -> String {
    match unwritable {
        Unwritable::UnknownFormat => {
            format!("nothing here writes that format: {}", advice(format))
        }
        Unwritable::Failed(reason) => reason,
        Unwritable::NotReadBack(reason) if format == JSON => format!(
            "what was written could not be read back ({reason}); JSON has no NaN, no infinity and no nesting without end"
        ),
        Unwritable::NotReadBack(reason) => {
            format!("what was written could not be read back ({reason})")
        }
    }
}
