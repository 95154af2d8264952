use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use serde::de::DeserializeOwned;
use serde_json::Value;

#[cfg(feature = "msgpack")]
use super::MSGPACK;
use super::json_value::JsonValue;
use super::{Codec, CodecError, Incoming, JSON, NotJson, Outgoing, Unwritable, without_values};
use crate::event::Event;
use crate::registry::Location;

/// A codec that is linked into the program. `mink::codec!` submits it.
#[derive(Clone, Copy)]
pub struct CodecEntry {
    /// The codec.
    pub codec: &'static dyn Codec,
    /// Where it is declared.
    pub location: Location,
}

impl CodecEntry {
    /// The entry of this codec, declared at `location`.
    #[must_use]
    pub const fn of(codec: &'static dyn Codec, location: Location) -> Self {
        Self { codec, location }
    }
}

inventory::collect!(CodecEntry);

/// The format of events that name none, as a program declares it. `mink::default_format!` submits it.
#[derive(Debug, Clone, Copy)]
pub struct DefaultFormatEntry {
    /// Its name.
    pub format: &'static str,
    /// Where it is declared.
    pub location: Location,
}

impl DefaultFormatEntry {
    /// The entry of this format, declared at `location`.
    #[must_use]
    pub const fn new(format: &'static str, location: Location) -> Self {
        Self { format, location }
    }
}

inventory::collect!(DefaultFormatEntry);

/// The formats that an application writes and reads, and the one that it writes unless an event says otherwise.
#[derive(Clone)]
pub struct Formats {
    codecs: Vec<Arc<dyn Codec>>,
    default: &'static str,
    /// What nobody provides is written as JSON.
    or_json: bool,
}

impl Default for Formats {
    fn default() -> Self {
        Self {
            codecs: Vec::new(),
            default: JSON,
            or_json: false,
        }
    }
}

/// Shows the names.
impl std::fmt::Debug for Formats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Formats")
            .field(
                "codecs",
                &self
                    .codecs
                    .iter()
                    .map(|codec| codec.name())
                    .collect::<Vec<_>>(),
            )
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

/// How the bytes of a payload are read.
#[derive(Clone, Copy)]
pub(crate) enum Encoding<'a> {
    Json,
    #[cfg(feature = "msgpack")]
    MsgPack,
    Codec(&'a dyn Codec),
    /// By the type itself, or by nobody.
    Named(&'a str),
}

/// Why there is no JSON value of a payload.
pub(crate) enum NoJsonValue {
    /// JSON cannot hold it.
    Refused(NotJson),
    /// It is not what its format says.
    Unreadable(CodecError),
}

impl Formats {
    /// mink's own formats, as far as they are compiled in. JSON is the default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// mink's own formats and every codec that is linked into this program.
    #[must_use]
    pub fn linked() -> &'static Self {
        static LINKED: LazyLock<Formats> = LazyLock::new(|| {
            inventory::iter::<CodecEntry>().fold(Formats::new(), |formats, entry| {
                formats.with(Arc::new(entry.codec))
            })
        });
        &LINKED
    }

    /// With this codec.
    #[must_use]
    pub fn with(mut self, codec: Arc<dyn Codec>) -> Self {
        self.codecs.push(codec);
        self
    }

    /// With another default.
    #[must_use]
    pub fn with_default(mut self, name: &'static str) -> Self {
        self.default = name;
        self
    }

    /// With JSON in place of a format that nobody provides.
    #[must_use]
    pub(crate) fn or_json(mut self) -> Self {
        self.or_json = true;
        self
    }

    /// The format of events that name none.
    #[must_use]
    pub fn default_format(&self) -> &'static str {
        self.default
    }

    /// Whether a format of this name is read and written through serde.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        !matches!(self.encoding(name), Encoding::Named(_))
    }

    /// Whether a payload of this format can be read without knowing its type.
    #[must_use]
    pub fn is_self_describing(&self, name: &str) -> bool {
        match self.encoding(name) {
            Encoding::Codec(codec) => codec.is_self_describing(),
            Encoding::Named(_) => false,
            _ => true,
        }
    }

    pub(crate) fn encoding<'a>(&'a self, name: &'a str) -> Encoding<'a> {
        match name {
            JSON => Encoding::Json,
            #[cfg(feature = "msgpack")]
            MSGPACK => Encoding::MsgPack,
            _ => match self.codecs.iter().find(|codec| codec.name() == name) {
                Some(codec) => Encoding::Codec(&**codec),
                None => Encoding::Named(name),
            },
        }
    }

    /// The format that `E` is written in here.
    pub(crate) fn format_of<E: Event>(&self) -> &'static str {
        E::FORMAT.unwrap_or(self.default)
    }

    /// Reads an event from JSON and writes it in its format. Answers with the format's name, too.
    pub(crate) fn rewrite<E: Event>(&self, json: &[u8]) -> Result<(&'static str, Vec<u8>), String> {
        let event: E = Encoding::Json
            .read(json)
            .map_err(|error| error.to_string())?;
        let (format, written) = self.write(&event);
        let payload = written.map_err(|unwritable| match unwritable {
            Unwritable::UnknownFormat => super::advice(format),
            Unwritable::Failed(reason) | Unwritable::NotReadBack(reason) => reason,
        })?;
        Ok((format, payload))
    }

    /// Reads an event from JSON, writes it in its format, reads that, and answers with JSON again.
    pub(crate) fn round_trip<E: Event>(&self, json: &[u8]) -> Result<Vec<u8>, String> {
        let (format, payload) = self.rewrite::<E>(json)?;
        let read = match E::NATIVE.iter().find(|native| native.name == format) {
            Some(native) => (native.decode)(&payload),
            None => self.encoding(format).read(&payload),
        };
        let event: E = read.map_err(|error| error.to_string())?;
        serde_json::to_vec(&event).map_err(|error| without_values(&error))
    }

    /// Writes an event, and reads it back where that could fail. Answers with the format's name.
    pub(crate) fn write<E: Event>(&self, event: &E) -> (&'static str, Result<Vec<u8>, Unwritable>) {
        let name = self.format_of::<E>();
        if name == JSON {
            return (JSON, write_json(event));
        }
        if let Some(native) = E::NATIVE.iter().find(|native| native.name == name) {
            let written = (native.encode)(event)
                .map_err(failed)
                .and_then(|payload| match (native.decode)(&payload) {
                    Ok(_) => Ok(payload),
                    Err(error) => Err(Unwritable::NotReadBack(error.to_string())),
                });
            return (name, written);
        }
        match self.encoding(name) {
            Encoding::Json => (JSON, write_json(event)),
            #[cfg(feature = "msgpack")]
            Encoding::MsgPack => (MSGPACK, write_msgpack(event)),
            Encoding::Codec(codec) => (codec.name(), write_by(codec, event)),
            Encoding::Named(_) if self.or_json => (JSON, write_json(event)),
            Encoding::Named(_) => (name, Err(Unwritable::UnknownFormat)),
        }
    }
}

fn failed(error: CodecError) -> Unwritable {
    Unwritable::Failed(error.to_string())
}

fn write_json<E: Event>(event: &E) -> Result<Vec<u8>, Unwritable> {
    let payload =
        serde_json::to_vec(event).map_err(|error| Unwritable::Failed(without_values(&error)))?;
    if !E::READ_BACK.is_certain() {
        serde_json::from_slice::<E>(&payload)
            .map_err(|error| Unwritable::NotReadBack(without_values(&error)))?;
    }
    Ok(payload)
}

#[cfg(feature = "msgpack")]
fn write_msgpack<E: Event>(event: &E) -> Result<Vec<u8>, Unwritable> {
    let payload = super::msgpack::write(event).map_err(Unwritable::Failed)?;
    if !E::READ_BACK.is_certain() {
        Encoding::MsgPack
            .read::<E>(&payload)
            .map_err(|error| Unwritable::NotReadBack(error.to_string()))?;
    }
    Ok(payload)
}

fn write_by<E: Event>(codec: &dyn Codec, event: &E) -> Result<Vec<u8>, Unwritable> {
    let payload = codec.encode(Outgoing::new(event)).map_err(failed)?;
    Encoding::Codec(codec)
        .read::<E>(&payload)
        .map_err(|error| Unwritable::NotReadBack(error.to_string()))?;
    Ok(payload)
}

impl Encoding<'_> {
    /// Reads a payload as `T` through serde.
    pub(crate) fn read<T: DeserializeOwned>(self, payload: &[u8]) -> Result<T, CodecError> {
        match self {
            Self::Json => serde_json::from_slice(payload)
                .map_err(|error| CodecError::new(without_values(&error))),
            #[cfg(feature = "msgpack")]
            Self::MsgPack => super::msgpack::read(payload, std::marker::PhantomData::<T>)
                .map_err(CodecError::new),
            Self::Codec(codec) => {
                let mut value = None;
                codec.decode(
                    payload,
                    Incoming::new(&mut |deserializer| {
                        value = Some(erased_serde::deserialize(deserializer)?);
                        Ok(())
                    }),
                )?;
                value.ok_or_else(|| nothing_read(codec))
            }
            Self::Named(name) => Err(CodecError::new(format_args!(
                "its format `{name}` is not read through serde: {}",
                super::advice(name)
            ))),
        }
    }

    /// Reads a payload as a JSON value.
    pub(crate) fn read_json(self, payload: &[u8]) -> Result<Value, NoJsonValue> {
        let refused = Cell::new(None);
        let seed = JsonValue { refused: &refused };
        let value = match self {
            Self::Json => return self.read(payload).map_err(NoJsonValue::Unreadable),
            #[cfg(feature = "msgpack")]
            Self::MsgPack => super::msgpack::read(payload, seed).map_err(CodecError::new),
            Self::Codec(codec) if codec.is_self_describing() => {
                use serde::de::DeserializeSeed as _;
                let mut value = None;
                let read = codec.decode(
                    payload,
                    Incoming::new(&mut |deserializer| {
                        value = Some(seed.deserialize(deserializer)?);
                        Ok(())
                    }),
                );
                read.and_then(|()| value.ok_or_else(|| nothing_read(codec)))
            }
            Self::Codec(_) | Self::Named(_) => {
                return Err(NoJsonValue::Refused(NotJson::NotSelfDescribing));
            }
        };
        value.map_err(|error| match refused.get() {
            Some(what) => NoJsonValue::Refused(what),
            None => NoJsonValue::Unreadable(error),
        })
    }
}

fn nothing_read(codec: &dyn Codec) -> CodecError {
    CodecError::new(format_args!(
        "the codec `{}` read nothing: its `decode` must call `event.read(...)`",
        codec.name()
    ))
}
