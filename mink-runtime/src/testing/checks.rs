use std::fmt;

use crate::event::codec::{JSON, title};
use crate::registry::{EventEntry, Location, Registry};
use crate::schema::samples;

/// What [`check_registry`] found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryCheck {
    /// The declarations do not fit together.
    #[error("{0}")]
    Fault(String),
    /// A value that the event's shape allows cannot be read.
    #[error(
        "{location}: event `{event}` cannot read a payload that its shape allows: {reason}. When a field accepts less than its type says, give an example: `#[mink(example = ...)]`\n  payload: {payload}"
    )]
    Unreadable {
        /// The event.
        event: &'static str,
        /// What serde said.
        reason: String,
        /// The payload, made up from the shape.
        payload: String,
        /// Its declaration.
        location: Location,
    },
    /// An event that was read and written again is not the same.
    #[error(
        "{location}: event `{event}` changes when it is read and written again: its `Serialize` and `Deserialize` do not agree\n  read:  {read}\n  wrote: {wrote}"
    )]
    Changed {
        /// The event.
        event: &'static str,
        /// The payload that was read.
        read: String,
        /// What was written.
        wrote: String,
        /// Its declaration.
        location: Location,
    },
    /// An event does not survive the format that it is written in.
    #[error(
        "{location}: event `{event}` does not survive being written as {format}: {reason}\n  payload: {payload}"
    )]
    Format {
        /// The event.
        event: &'static str,
        /// The format, for people.
        format: String,
        /// What is wrong.
        reason: String,
        /// The payload as JSON, made up from the shape.
        payload: String,
        /// Its declaration.
        location: Location,
    },
}

/// Checks that every declaration fits, every upcaster chain is whole, and every event survives being read and written:
/// payloads are made up from its shape, read, written, read and written again, as JSON and in the event's own format.
///
/// `mink::registry_test!()` makes a test of it.
///
/// # Errors
/// Everything that is wrong, together.
pub fn check_registry(registry: &Registry) -> Result<(), Vec<RegistryCheck>> {
    let mut found: Vec<_> = registry
        .verify()
        .err()
        .into_iter()
        .flat_map(|faults| faults.faults)
        .map(|fault| RegistryCheck::Fault(fault.to_string()))
        .collect();
    for event in registry.events() {
        for sample in samples(&event.shape) {
            let payload = sample.to_string();
            let unreadable = |error: serde_json::Error, payload: &str| RegistryCheck::Unreadable {
                event: event.name,
                reason: error.to_string(),
                payload: payload.to_owned(),
                location: event.location,
            };
            let outcome = (event.round_trip)(payload.as_bytes())
                .map_err(|error| unreadable(error, &payload))
                .and_then(|first| {
                    let first = String::from_utf8_lossy(&first).into_owned();
                    let second = (event.round_trip)(first.as_bytes())
                        .map_err(|error| unreadable(error, &first))?;
                    let second = String::from_utf8_lossy(&second).into_owned();
                    if same(&first, &second) && (sample.lossy || keeps(&payload, &first)) {
                        return in_format(registry, event, first);
                    }
                    let (read, wrote) = if same(&first, &second) {
                        (payload.clone(), first)
                    } else {
                        (first, second)
                    };
                    Err(RegistryCheck::Changed {
                        event: event.name,
                        read,
                        wrote,
                        location: event.location,
                    })
                });
            if let Err(fault) = outcome {
                found.push(fault);
                break;
            }
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Whether the payload is the same once it has been written in the event's own format.
fn in_format(
    registry: &Registry,
    event: &EventEntry,
    payload: String,
) -> Result<(), RegistryCheck> {
    let formats = registry.formats();
    let format = event.format.unwrap_or(formats.default_format());
    let known = formats.knows(format) || (event.native)().contains(&format);
    if format == JSON || !known {
        return Ok(());
    }
    let reason = match (event.round_trip_in_format)(payload.as_bytes(), formats) {
        Ok(read) if value(&payload) == serde_json::from_slice(&read).ok() => return Ok(()),
        Ok(read) => format!("it is read as {}", String::from_utf8_lossy(&read)),
        Err(reason) => reason,
    };
    Err(RegistryCheck::Format {
        event: event.name,
        format: title(format),
        reason,
        payload,
        location: event.location,
    })
}

fn same(left: &str, right: &str) -> bool {
    value(left) == value(right)
}

/// Whether what was written has every field that was read, with the same value; it may have more, such as defaults.
fn keeps(read: &str, wrote: &str) -> bool {
    fn within(read: &serde_json::Value, wrote: &serde_json::Value) -> bool {
        use serde_json::Value;
        match (read, wrote) {
            (Value::Object(read), Value::Object(wrote)) => read.iter().all(|(name, value)| {
                wrote
                    .get(name)
                    .map_or(value.is_null(), |written| within(value, written))
            }),
            (Value::Array(read), Value::Array(wrote)) => {
                read.len() == wrote.len() && read.iter().zip(wrote).all(|(r, w)| within(r, w))
            }
            _ => read == wrote,
        }
    }
    match (value(read), value(wrote)) {
        (Some(read), Some(wrote)) => within(&read, &wrote),
        _ => false,
    }
}

fn value(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}

/// The text of several findings, for a test's failure.
pub(crate) struct Findings<'a>(pub(crate) &'a [RegistryCheck]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.0 {
            writeln!(f, "- {finding}")?;
        }
        Ok(())
    }
}

/// Panics with everything that [`check_registry`] finds. What `mink::registry_test!()` calls.
///
/// # Panics
/// When something is wrong.
#[doc(hidden)]
#[track_caller]
pub fn assert_registry(registry: &Registry) {
    if let Err(found) = check_registry(registry) {
        panic!("the registry is not whole:\n{}", Findings(&found));
    }
}
