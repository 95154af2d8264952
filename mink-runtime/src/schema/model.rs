//! The stored form of an event as a value of its own, which outlives the program that declared it.

mod from_shape;
mod print;
mod scalar;

use serde::{Deserialize, Serialize};

use super::TypeShape;

/// How one version of an event is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSchema {
    /// The stored name of the format that payloads are written in.
    pub format: String,
    /// Dotted paths of the encrypted fields, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encrypted: Vec<String>,
    /// What a payload looks like.
    pub shape: TypeSchema,
}

impl EventSchema {
    /// The schema of an event with this shape.
    #[must_use]
    pub fn new(shape: &TypeShape, encrypted: &[&str], format: &str) -> Self {
        let mut encrypted: Vec<String> = encrypted.iter().map(|path| (*path).to_owned()).collect();
        encrypted.sort();
        encrypted.dedup();
        Self {
            format: format.to_owned(),
            encrypted,
            shape: TypeSchema::of(shape),
        }
    }
}

/// How a value is stored: a [`TypeShape`] that owns what it says.
///
/// Names of Rust types are not in it: they are not stored, and renaming a type changes nothing. As JSON, the simple
/// kinds are text (`"u32"`, `"text"`), the others an object with one key (`{"optional": "text"}`). [`Display`] writes it
/// on one line, as `{ country: text, customer: text? }`.
///
/// [`Display`]: std::fmt::Display
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeSchema {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer {
        /// Whether it can be negative.
        signed: bool,
        /// Its width in bits.
        bits: u16,
    },
    /// A floating-point number of this many bits.
    Float(u16),
    /// Text.
    Text,
    /// Text of one kind, as `uuid`.
    Formatted(String),
    /// Any value at all.
    Any,
    /// A value that may be `null` or absent.
    Optional(Box<TypeSchema>),
    /// A list of values of one form.
    List(Box<TypeSchema>),
    /// An object with free keys.
    Map {
        /// What the keys are, which are always written as text.
        key: Box<TypeSchema>,
        /// What they lead to.
        value: Box<TypeSchema>,
    },
    /// A list of fixed length.
    Tuple(Vec<TypeSchema>),
    /// An object with fixed fields.
    Struct(StructSchema),
    /// One of several variants.
    Enum(EnumSchema),
    /// The object or enum that this stands in, so many levels up; 1 is the innermost. How a type that contains itself
    /// ends.
    Recursive(usize),
}

/// An object with fixed fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructSchema {
    /// The fields in the order they are declared.
    pub fields: Vec<FieldSchema>,
    /// Whether fields that are not among these are refused when they are read.
    pub strict: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSchema {
    /// The name as stored.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub shape: TypeSchema,
    /// Whether a default is filled in when it is missing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
    /// Other names that are read as this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

impl FieldSchema {
    /// Whether a payload without it can be read.
    #[must_use]
    pub fn may_be_missing(&self) -> bool {
        self.default || matches!(self.shape, TypeSchema::Optional(_))
    }
}

/// One of several variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumSchema {
    /// How a stored value says which variant it is.
    pub tag: TagSchema,
    /// The variants in the order they are declared.
    pub variants: Vec<VariantSchema>,
}

/// How a stored value says which variant it is (<https://serde.rs/enum-representations.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagSchema {
    /// `{"Variant": content}`, or `"Variant"` for a variant without content.
    External,
    /// `{"tag": "Variant", ...fields}`.
    Internal {
        /// The field that names the variant.
        tag: String,
    },
    /// `{"tag": "Variant", "content": content}`.
    Adjacent {
        /// The field that names the variant.
        tag: String,
        /// The field that holds its content.
        content: String,
    },
    /// The content alone. The variants' names are not stored, and empty here.
    Untagged,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantSchema {
    /// The name as stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub shape: TypeSchema,
    /// Other names that are read as this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}
