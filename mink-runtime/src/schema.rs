//! What a type looks like when it is stored: field names and types, following serde's own naming.
//!
//! **Problem.** A macro sees tokens, not types: it cannot tell whether `address.zip` exists.
//! **Mechanism.** [`Shape`] is a constant of every stored type, so paths into nested types are checked while the
//! user's program compiles. **Cost.** None at run time. **What the caller must do.** Derive [`Shape`] on nested
//! types; the derive refuses a serde attribute that it cannot follow.
//!
//! Shapes are constants of the program. What is kept of them beyond it is owned: [`EventSchema`] is the form of one
//! version of an event, [`compare`] says what a change of it means, [`SchemaLock`] is the file that pins every version
//! ever released, and [`Corpus`] the directory with stored payloads of each.

mod compatibility;
mod corpus;
mod foreign;
mod lock;
mod model;
mod path;
mod read_back;
mod registry;
mod sample;

pub use compatibility::{Change, ChangeKind, Comparison, Compatibility, compare, compare_shapes};
pub use corpus::{Corpus, CorpusError, CorpusFile, StoredSamples};
pub use lock::{
    Accepted, Declared, LockError, LockedEvent, LockedVersion, SchemaFault, SchemaFaults,
    SchemaLock,
};
pub use model::{
    EnumSchema, EventSchema, FieldSchema, StructSchema, TagSchema, TypeSchema, VariantSchema,
};
pub use path::{PathFault, check_path};
pub use read_back::ReadBack;
pub use registry::{SchemaError, SchemaRegistry};
pub(crate) use sample::any_part;
pub use sample::{Sample, samples};

/// How a type is stored.
#[diagnostic::on_unimplemented(
    message = "mink does not know how `{Self}` is stored",
    label = "this type has no `Shape`",
    note = "add `#[derive(mink::Shape)]` to `{Self}` when it is yours; for a type of another crate, say how it is stored with `#[mink(shape = String)]` on the field"
)]
pub trait Shape {
    /// The shape.
    const SHAPE: TypeShape;

    /// Whether all that is written of it can be read back. Checked value by value unless said otherwise, which only
    /// `Serialize` and `Deserialize` that never disagree justify.
    const READ_BACK: ReadBack = ReadBack::CHECKED;
}

/// The shape of a stored value.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum TypeShape {
    /// `null`.
    Unit,
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
    /// Text of one kind, as `decimal`, `uuid` or `date-time`; the name is that of JSON Schema's `format` where
    /// there is one.
    Formatted(&'static str),
    /// Any value at all.
    Any,
    /// A value that may be `null` or absent.
    Optional(&'static TypeShape),
    /// A list of values of one shape.
    List(&'static TypeShape),
    /// An object with free keys and values of one shape.
    Map {
        /// What the keys are, which are always written as text.
        key: &'static TypeShape,
        /// What they lead to.
        value: &'static TypeShape,
    },
    /// A list of fixed length, each place with its own shape.
    Tuple(&'static [TypeShape]),
    /// An object with fixed fields.
    Struct(StructShape),
    /// One of several variants.
    Enum(EnumShape),
    /// A shape of which not every value is accepted, with one that is.
    Example {
        /// The shape.
        shape: &'static TypeShape,
        /// A value that is accepted.
        example: Example,
    },
    /// An object or enum that refuses fields which it does not have (serde's `deny_unknown_fields`).
    Strict(&'static TypeShape),
    /// What a field or variant holds that is also read under other names (serde's `alias`).
    Aliased {
        /// The other names.
        names: &'static [&'static str],
        /// The shape.
        shape: &'static TypeShape,
    },
    /// A shape that is looked up when it is needed, which ends the recursion of a type that contains itself.
    Lazy(fn() -> TypeShape),
}

/// A value that a type accepts, declared with `#[mink(example = ...)]`.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// Text.
    Text(&'static str),
    /// Any other value, as JSON.
    Json(&'static str),
}

/// An object with fixed fields.
#[derive(Debug, Clone, Copy)]
pub struct StructShape {
    /// The Rust name of the type.
    pub name: &'static str,
    /// Its fields in the order they are declared.
    pub fields: &'static [Field],
}

/// One field of an object.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name as stored.
    pub name: &'static str,
    /// What it holds.
    pub shape: TypeShape,
    /// Whether it may be missing: serde fills in a default.
    pub default: bool,
}

/// One of several variants.
#[derive(Debug, Clone, Copy)]
pub struct EnumShape {
    /// The Rust name of the type.
    pub name: &'static str,
    /// How a stored value says which variant it is.
    pub tag: Tag,
    /// The variants in the order they are declared.
    pub variants: &'static [Variant],
}

/// How a stored value says which variant it is (<https://serde.rs/enum-representations.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// `{"Variant": content}`, or `"Variant"` for a unit variant.
    External,
    /// `{"tag": "Variant", ...fields}`.
    Internal {
        /// The field that names the variant.
        tag: &'static str,
    },
    /// `{"tag": "Variant", "content": content}`.
    Adjacent {
        /// The field that names the variant.
        tag: &'static str,
        /// The field that holds its content.
        content: &'static str,
    },
    /// The content alone.
    Untagged,
}

/// One variant.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// The name as stored.
    pub name: &'static str,
    /// What it holds: [`TypeShape::Unit`], a struct, a tuple, or the shape of its only field.
    pub shape: TypeShape,
}
