//! As JSON, a simple kind is text and any other an object with one key.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{EnumSchema, FieldSchema, StructSchema, TypeSchema};

/// The kinds that are an object with one key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Compound {
    Formatted(String),
    Optional(Box<TypeSchema>),
    List(Box<TypeSchema>),
    Map {
        key: Box<TypeSchema>,
        value: Box<TypeSchema>,
    },
    Tuple(Vec<TypeSchema>),
    Struct(Vec<FieldSchema>),
    StrictStruct(Vec<FieldSchema>),
    Enum(EnumSchema),
    Recursive(usize),
}

impl TypeSchema {
    /// The name of a simple kind.
    pub(super) fn scalar(&self) -> Option<String> {
        Some(match self {
            Self::Null => "null".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Integer { signed, bits } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
            Self::Float(bits) => format!("f{bits}"),
            Self::Text => "text".to_owned(),
            Self::Any => "any".to_owned(),
            _ => return None,
        })
    }

    fn from_scalar(name: &str) -> Option<Self> {
        match name {
            "null" => return Some(Self::Null),
            "bool" => return Some(Self::Bool),
            "text" => return Some(Self::Text),
            "any" => return Some(Self::Any),
            _ => {}
        }
        let bits = name.get(1..)?.parse().ok()?;
        match name.get(..1)? {
            "i" => Some(Self::Integer { signed: true, bits }),
            "u" => Some(Self::Integer {
                signed: false,
                bits,
            }),
            "f" => Some(Self::Float(bits)),
            _ => None,
        }
    }
}

impl Serialize for TypeSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let compound = match self.clone() {
            Self::Formatted(format) => Compound::Formatted(format),
            Self::Optional(inner) => Compound::Optional(inner),
            Self::List(inner) => Compound::List(inner),
            Self::Map { key, value } => Compound::Map { key, value },
            Self::Tuple(places) => Compound::Tuple(places),
            Self::Struct(StructSchema {
                fields,
                strict: false,
            }) => Compound::Struct(fields),
            Self::Struct(StructSchema {
                fields,
                strict: true,
            }) => Compound::StrictStruct(fields),
            Self::Enum(shape) => Compound::Enum(shape),
            Self::Recursive(levels) => Compound::Recursive(levels),
            Self::Null
            | Self::Bool
            | Self::Integer { .. }
            | Self::Float(_)
            | Self::Text
            | Self::Any => {
                return serializer.serialize_str(&self.scalar().unwrap_or_default());
            }
        };
        compound.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TypeSchema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Kind)
    }
}

struct Kind;

impl<'de> Visitor<'de> for Kind {
    type Value = TypeSchema;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type, such as \"text\", \"u32\" or {\"optional\": \"text\"}")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<TypeSchema, E> {
        TypeSchema::from_scalar(name)
            .ok_or_else(|| E::custom(format_args!("`{name}` is not a type that this mink knows")))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TypeSchema, A::Error> {
        Ok(
            match Compound::deserialize(MapAccessDeserializer::new(map))? {
                Compound::Formatted(format) => TypeSchema::Formatted(format),
                Compound::Optional(inner) => TypeSchema::Optional(inner),
                Compound::List(inner) => TypeSchema::List(inner),
                Compound::Map { key, value } => TypeSchema::Map { key, value },
                Compound::Tuple(places) => TypeSchema::Tuple(places),
                Compound::Struct(fields) => TypeSchema::Struct(StructSchema {
                    fields,
                    strict: false,
                }),
                Compound::StrictStruct(fields) => TypeSchema::Struct(StructSchema {
                    fields,
                    strict: true,
                }),
                Compound::Enum(shape) => TypeSchema::Enum(shape),
                Compound::Recursive(levels) => TypeSchema::Recursive(levels),
            },
        )
    }
}
