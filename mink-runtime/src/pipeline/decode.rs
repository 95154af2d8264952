use crate::event::codec::{
    Encoding, Formats, NativeFormat, NoJsonValue, NotJson, advice, title, without_values,
};
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
    /// Nothing in this program reads the payload's format.
    #[error("the payload is in the format `{format}`, which nothing here reads: {advice}")]
    UnknownFormat {
        /// The stored name of the format.
        format: String,
        /// What to do.
        advice: String,
    },
    /// An upcaster works on JSON, and the payload cannot be turned into it.
    #[error(
        "the upcaster from version {from} is a function on JSON, and this payload, written as {format}, cannot be turned into JSON: {reason}; name the struct that the event was then, `upcast({from} => OldStruct)`"
    )]
    NotJson {
        /// The version that the upcaster starts from.
        from: u32,
        /// The format, for people.
        format: String,
        /// What JSON cannot hold.
        reason: String,
    },
}

/// Reads a stored event as an `E`: upcasts an older payload, then deserializes. Knows mink's own formats and the codecs
/// that are linked into this program.
///
/// # Errors
/// [`DecodeError`], which names the event and what is wrong with it.
pub fn decode<'a, E: Event>(stored: impl Into<StoredEvent<'a>>) -> Result<E, DecodeError> {
    decode_with(stored, Formats::linked())
}

/// Reads a stored event as an `E`, in an application that knows these formats.
///
/// # Errors
/// As [`decode`].
pub fn decode_with<'a, E: Event>(
    stored: impl Into<StoredEvent<'a>>,
    formats: &Formats,
) -> Result<E, DecodeError> {
    let stored = stored.into();
    read(stored, formats).map_err(|fault| DecodeError::of(stored, fault))
}

fn read<E: Event>(stored: StoredEvent<'_>, formats: &Formats) -> Result<E, DecodeFault> {
    if stored.schema_version > E::VERSION {
        return Err(DecodeFault::FromTheFuture { known: E::VERSION });
    }
    let format = stored.format.name();
    if stored.schema_version != E::VERSION {
        return upcast(stored.schema_version, stored.payload, format, formats);
    }
    if *stored.format == Format::Json {
        return serde_json::from_slice(stored.payload).map_err(|error| DecodeFault::Payload {
            reason: without_values(&error),
        });
    }
    let read = match (native::<E>(format), formats.encoding(format)) {
        (Some(native), _) => (native.decode)(stored.payload),
        (None, Encoding::Named(_)) => return Err(unknown(format)),
        (None, encoding) => encoding.read(stored.payload),
    };
    read.map_err(|error| DecodeFault::Payload {
        reason: error.to_string(),
    })
}

fn upcast<E: Event>(
    stored: u32,
    payload: &[u8],
    format: &str,
    formats: &Formats,
) -> Result<E, DecodeFault> {
    let mut current = StoredPayload::new(payload, format, formats);
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
                let value = current.into_json().map_err(|error| match error {
                    NoJsonValue::Refused(NotJson::NotSelfDescribing)
                        if !is_known::<E>(format, formats) =>
                    {
                        unknown(format)
                    }
                    NoJsonValue::Refused(reason) => DecodeFault::NotJson {
                        from,
                        format: title(format),
                        reason: reason.to_string(),
                    },
                    NoJsonValue::Unreadable(error) => DecodeFault::Payload {
                        reason: error.to_string(),
                    },
                })?;
                current = StoredPayload::value(step(value).map_err(failed)?);
            }
        }
    }
    current.read().map_err(|reason| DecodeFault::Payload {
        reason: reason.to_string(),
    })
}

fn native<E: Event>(format: &str) -> Option<&'static NativeFormat<E>> {
    E::NATIVE.iter().find(|native| native.name == format)
}

fn is_known<E: Event>(format: &str, formats: &Formats) -> bool {
    formats.knows(format) || native::<E>(format).is_some()
}

fn unknown(format: &str) -> DecodeFault {
    DecodeFault::UnknownFormat {
        format: format.to_owned(),
        advice: advice(format),
    }
}
