//! Formats: how events become bytes, and bytes events again.
//!
//! **Problem.** JSON suits most events; some must be small, some are read by programs of other languages, and what was
//! stored in one format must stay readable when an event changes to another. **Mechanism.** Each stored event carries
//! its format's name, and reading goes by that name alone. Writing goes by [`Event::FORMAT`](super::Event::FORMAT), else
//! by the application's default. JSON and MessagePack work on every event through serde, and so does a [`Codec`] of the
//! author's own; a [`NativeFormat`] is written by the event's type itself, as Protocol Buffers are. **Cost.** None for
//! JSON. **What the caller must do.** Keep the name of a format that events are stored in, and its codec, for ever.

mod able;
mod fault;
mod formats;
mod json_value;
#[cfg(feature = "msgpack")]
mod msgpack;
mod native;
mod passing;
mod protobuf;

pub use able::{Able, NoSerde, Unable};
pub use fault::{CodecError, without_values};
pub use formats::{CodecEntry, DefaultFormatEntry, Formats};
pub use native::NativeFormat;
pub use passing::{Incoming, Outgoing};
pub use protobuf::{ProtobufMessage, is_protobuf_message};

pub(crate) use fault::Unwritable;
pub(crate) use formats::{Encoding, NoJsonValue};
pub(crate) use json_value::NotJson;

/// UTF-8 JSON text, the format of an event unless said otherwise.
pub const JSON: &str = "json";

/// MessagePack with named fields, in serde's human-readable form. Needs mink's feature `msgpack`.
pub const MSGPACK: &str = "msgpack";

/// Protocol Buffers, for events that are a `prost::Message`. Needs mink's feature `protobuf`.
pub const PROTOBUF: &str = "protobuf";

/// The names that no [`Codec`] may have: mink's own formats, and what marks an event whose payload is gone.
pub(crate) const RESERVED: [&str; 5] = [JSON, MSGPACK, PROTOBUF, "truncated", "archived"];

/// A format of the author's own, for every event, through serde.
///
/// Register it with `MinkBuilder::codec`, with `mink::codec!`, or in a registry built by hand; then name it:
/// `#[event(format = "lines")]`, or `MinkBuilder::default_format`.
///
/// What it writes is read back before it is stored, so that nothing is kept that it cannot read.
///
/// ```
/// use mink_runtime::event::codec::{Codec, CodecError, Incoming, Outgoing};
///
/// /// JSON on many lines, for people who read the database.
/// struct Pretty;
///
/// impl Codec for Pretty {
///     fn name(&self) -> &'static str {
///         "pretty-json"
///     }
///     fn is_self_describing(&self) -> bool {
///         true
///     }
///     fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
///         serde_json::to_vec_pretty(&event).map_err(CodecError::without_values)
///     }
///     fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
///         let mut deserializer = serde_json::Deserializer::from_slice(payload);
///         event.read(&mut deserializer)?;
///         deserializer.end().map_err(CodecError::without_values)
///     }
/// }
/// # assert_eq!(Pretty.name(), "pretty-json");
/// ```
pub trait Codec: Send + Sync + 'static {
    /// The name that is stored with each event: a promise, as the event's own name is.
    ///
    /// From 1 to 64 bytes, none of them NUL; none of mink's own names.
    fn name(&self) -> &'static str;

    /// Whether a payload can be read without knowing its type, as JSON can: it holds the names of its fields and the
    /// kinds of its values. Functions on JSON that upcast, and encryption, work on such formats only.
    fn is_self_describing(&self) -> bool;

    /// Writes an event. The same event gives the same bytes.
    ///
    /// # Errors
    /// When it cannot be written in this format.
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError>;

    /// Reads a payload: hands its deserializer to `event`, once, and looks whether anything is left over.
    ///
    /// # Errors
    /// When the payload is not in this format, or does not fit the event.
    fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError>;
}

impl<C: Codec + ?Sized> Codec for &'static C {
    fn name(&self) -> &'static str {
        (**self).name()
    }
    fn is_self_describing(&self) -> bool {
        (**self).is_self_describing()
    }
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        (**self).encode(event)
    }
    fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
        (**self).decode(payload, event)
    }
}

/// Whether this one of mink's own formats is compiled in.
#[must_use]
pub const fn is_compiled_in(name: &str) -> bool {
    let name = name.as_bytes();
    matches!(name, b"json")
        || (cfg!(feature = "msgpack") && matches!(name, b"msgpack"))
        || (cfg!(feature = "protobuf") && matches!(name, b"protobuf"))
}

/// The format's name for people.
pub(crate) fn title(name: &str) -> String {
    match name {
        JSON => "JSON".to_owned(),
        MSGPACK => "MessagePack".to_owned(),
        PROTOBUF => "Protocol Buffers".to_owned(),
        other => format!("`{other}`"),
    }
}

/// What to do when nothing reads or writes this format.
pub(crate) fn advice(name: &str) -> String {
    match name {
        MSGPACK | PROTOBUF if !is_compiled_in(name) => format!(
            "turn on mink's feature `{name}`: `mink = {{ version = \"...\", features = [\"{name}\"] }}`"
        ),
        PROTOBUF => {
            "the event must be a `prost::Message`: derive it below `#[event]`, with `#[prost(...)]` on each field"
                .to_owned()
        }
        _ => format!(
            "provide its codec with `.codec(...)` when the application is opened, or with `mink::codec!(...)` where `{name}` is declared"
        ),
    }
}
