//! MessagePack: fields by name, and types in their human-readable form, so that a payload says as much as JSON does and
//! functions on JSON can upcast it.

use std::io::ErrorKind;

use rmp_serde::decode::Error;
use rmp_serde::{Deserializer, Serializer};
use serde::de::{DeserializeSeed, IgnoredAny};
use serde::{Deserialize, Serialize};

pub(super) fn write(value: &impl Serialize) -> Result<Vec<u8>, String> {
    let mut payload = Vec::with_capacity(128);
    let mut serializer = Serializer::new(&mut payload)
        .with_struct_map()
        .with_human_readable();
    match value.serialize(&mut serializer) {
        Ok(()) => Ok(payload),
        Err(rmp_serde::encode::Error::Syntax(said)) => {
            Err(super::CodecError::without_values(said).to_string())
        }
        Err(other) => Err(other.to_string()),
    }
}

/// Reads all of the payload.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(
    payload: &'de [u8],
    seed: S,
) -> Result<S::Value, String> {
    let mut deserializer = Deserializer::from_read_ref(payload).with_human_readable();
    let value = seed
        .deserialize(&mut deserializer)
        .map_err(|error| said(&error))?;
    match IgnoredAny::deserialize(&mut deserializer) {
        Err(Error::InvalidMarkerRead(end)) if end.kind() == ErrorKind::UnexpectedEof => Ok(value),
        _ => Err("there is more behind the end of the payload".to_owned()),
    }
}

/// What is wrong, without any value.
fn said(error: &Error) -> String {
    match error {
        Error::InvalidMarkerRead(_) | Error::InvalidDataRead(_) => {
            "the payload ends in the middle of a value".to_owned()
        }
        Error::TypeMismatch(_) => "a value is of another kind than the type expects".to_owned(),
        Error::OutOfRange => "a number is larger than the type holds".to_owned(),
        Error::LengthMismatch(_) => "a list is longer than the type expects".to_owned(),
        Error::Utf8Error(_) => "a text is not UTF-8".to_owned(),
        Error::DepthLimitExceeded => "it nests deeper than 1023 levels".to_owned(),
        Error::Syntax(text) | Error::Uncategorized(text) => {
            super::CodecError::without_values(text).to_string()
        }
    }
}
