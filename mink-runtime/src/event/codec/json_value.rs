//! A payload of any self-describing format as a JSON value.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What a JSON value cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotJson {
    /// The format does not say what the payload is made of.
    NotSelfDescribing,
    /// Bytes.
    Binary,
    /// NaN or an infinity.
    NotFinite,
    /// A whole number beyond 64 bits.
    TooLarge,
    /// A map whose keys are neither text nor whole numbers nor `true` or `false`.
    Key,
    /// A type that only that format has.
    Extension,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSelfDescribing => "the format does not describe itself",
            Self::Binary => "it holds binary data",
            Self::NotFinite => "it holds a NaN or an infinity",
            Self::TooLarge => "it holds a whole number of more than 64 bits",
            Self::Key => "it holds a map whose keys cannot be text",
            Self::Extension => "it holds a type that only this format has",
        })
    }
}

/// Reads a JSON value and refuses, rather than changes, what is none. Keys that are numbers become text, as serde's JSON
/// writes them.
#[derive(Clone, Copy)]
pub(super) struct JsonValue<'a> {
    /// What was refused, beside the deserializer's own error.
    pub(super) refused: &'a Cell<Option<NotJson>>,
}

impl JsonValue<'_> {
    fn refuse<T, E: Error>(self, what: NotJson) -> Result<T, E> {
        self.refused.set(Some(what));
        Err(E::custom(what))
    }
}

impl<'de> DeserializeSeed<'de> for JsonValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonValue<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value that JSON can hold")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => Ok(value.into()),
            (_, Ok(value)) => Ok(value.into()),
            _ => self.refuse(NotJson::TooLarge),
        }
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        match u64::try_from(value) {
            Ok(value) => Ok(value.into()),
            Err(_) => self.refuse(NotJson::TooLarge),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        match Number::from_f64(value) {
            Some(number) => Ok(Value::Number(number)),
            None => self.refuse(NotJson::NotFinite),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E: Error>(self, _value: &[u8]) -> Result<Value, E> {
        self.refuse(NotJson::Binary)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, _inner: D) -> Result<Value, D::Error> {
        self.refuse(NotJson::Extension)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key_seed(self)? {
            let key = match key {
                Value::String(text) => text,
                Value::Number(number) if !number.is_f64() => number.to_string(),
                Value::Bool(value) => value.to_string(),
                _ => return self.refuse(NotJson::Key),
            };
            fields.insert(key, map.next_value_seed(self)?);
        }
        Ok(Value::Object(fields))
    }
}
