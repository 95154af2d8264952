use serde_json::Value;

use crate::event::{Event, StoredPayload, UpcastFailure, UpcastStep};
use crate::storage::{Format, StoredEvent};

/// Why a stored event cannot be read. Names the event; holds nothing of its payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream `{stream}`, version {version}: event `{event_type}` v{schema_version}: {fault}")]
pub struct DecodeError {
    /// The stream it is in.
    pub stream: crate::id::StreamId,
    /// Its place in that stream.
    pub version: u64,
    /// The stored name of its type.
    pub event_type: String,
    /// The schema version that its payload follows.
    pub schema_version: u32,
    /// What is wrong.
    pub fault: DecodeFault,
}

impl DecodeError {
    /// This fault of this event.
    #[must_use]
    pub fn of<'a>(stored: impl Into<StoredEvent<'a>>, fault: DecodeFault) -> Self {
        let stored = stored.into();
        Self {
            stream: stored.stream.clone(),
            version: stored.version,
            event_type: stored.event_type.to_string(),
            schema_version: stored.schema_version,
            fault,
        }
    }
}

/// What is wrong with a stored event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// Nothing in this program is called so.
    #[error(
        "no event of that name is registered: link the crate that declares it, or read leniently"
    )]
    UnknownType,
    /// It was written by a newer program.
    #[error("this program knows it up to version {known}: update the program")]
    FromTheFuture {
        /// The version that this program writes.
        known: u32,
    },
    /// No upcaster starts at its version.
    #[error(
        "there is no upcaster from version {from} to {current}: add `upcast({from} => ...)` to the event"
    )]
    NoUpcaster {
        /// The version without an upcaster.
        from: u32,
        /// The version that this program writes.
        current: u32,
    },
    /// An upcaster refused it.
    #[error("the upcaster from version {from} failed: {reason}")]
    Upcast {
        /// The version that the upcaster starts from.
        from: u32,
        /// What it said.
        reason: UpcastFailure,
    },
    /// The payload is not what the type says.
    #[error("the payload does not fit the type: {reason}")]
    Payload {
        /// What does not fit, without any value.
        reason: String,
    },
    /// The payload is in a format that this event is not written in.
    #[error("the payload's format `{format}` is not known")]
    UnknownFormat {
        /// The stored name of the format.
        format: String,
    },
}

/// Reads a stored event as an `E`: upcasts an older payload, then deserializes.
///
/// # Errors
/// [`DecodeError`], which names the event and what is wrong with it.
pub fn decode<'a, E: Event>(stored: impl Into<StoredEvent<'a>>) -> Result<E, DecodeError> {
    let stored = stored.into();
    read(stored).map_err(|fault| DecodeError::of(stored, fault))
}

fn read<E: Event>(stored: StoredEvent<'_>) -> Result<E, DecodeFault> {
    if *stored.format != Format::Json {
        return Err(DecodeFault::UnknownFormat {
            format: stored.format.name().to_owned(),
        });
    }
    if stored.schema_version == E::VERSION {
        return serde_json::from_slice(stored.payload).map_err(payload_fault);
    }
    if stored.schema_version > E::VERSION {
        return Err(DecodeFault::FromTheFuture { known: E::VERSION });
    }
    upcast(stored.schema_version, stored.payload)
}

fn upcast<E: Event>(stored: u32, payload: &[u8]) -> Result<E, DecodeFault> {
    let mut current = StoredPayload::Json(payload);
    for from in stored..E::VERSION {
        let upcast = E::UPCASTS.iter().find(|upcast| upcast.from == from).ok_or(
            DecodeFault::NoUpcaster {
                from,
                current: E::VERSION,
            },
        )?;
        let failed = |reason| DecodeFault::Upcast { from, reason };
        match upcast.step {
            UpcastStep::Typed(step) => return step(current).map_err(failed),
            UpcastStep::Json(step) => {
                let value: Value = current.read().map_err(failed)?;
                current = StoredPayload::Value(step(value).map_err(failed)?);
            }
        }
    }
    match current {
        StoredPayload::Value(value) => serde_json::from_value(value).map_err(payload_fault),
        StoredPayload::Json(bytes) => serde_json::from_slice(bytes).map_err(payload_fault),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn payload_fault(error: serde_json::Error) -> DecodeFault {
    DecodeFault::Payload {
        reason: without_values(&error),
    }
}

/// What serde says is wrong, without the value it quotes: the value may be personal.
///
/// serde writes ``invalid type: string "bob@example.com", expected u64 at line 1 column 9``; the kind of the value
/// and what was expected stay, the value goes.
#[must_use]
pub fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = if error.line() == 0 {
        String::new()
    } else {
        format!(" at line {} column {}", error.line(), error.column())
    };
    let body = text.strip_suffix(&place).unwrap_or(&text);
    for (start, known) in [("missing field `", true), ("duplicate field `", true)] {
        if known && body.starts_with(start) {
            return text;
        }
    }
    match error.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => text,
        serde_json::error::Category::Io => format!("it could not be read{place}"),
        serde_json::error::Category::Data => {
            let kind = body
                .strip_prefix("invalid type: ")
                .or_else(|| body.strip_prefix("invalid value: "))
                .map(|rest| rest.split([' ', ',']).next().unwrap_or_default());
            let expected = body
                .rsplit_once(", expected ")
                .map(|(_, expected)| expected);
            match (kind, expected) {
                (Some(kind), Some(expected)) => {
                    format!("{kind} where {expected} was expected{place}")
                }
                _ => format!("a value is not what the type expects{place}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_text_keeps_the_kind_and_loses_the_value() {
        let error = serde_json::from_str::<u64>("\"bob@example.com, expected b\"").err();
        let text = error
            .map(|error| without_values(&error))
            .unwrap_or_default();
        assert!(!text.contains("bob"), "{text}");
        assert!(text.starts_with("string where u64 was expected"), "{text}");
    }

    #[test]
    fn a_custom_error_says_nothing_of_the_value() {
        let error = serde_json::from_str::<uuid::Uuid>("\"bob\"").err();
        let text = error
            .map(|error| without_values(&error))
            .unwrap_or_default();
        assert!(!text.contains("bob"), "{text}");
    }
}
