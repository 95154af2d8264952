//! What a type can do, for generated code that knows the type and not its traits: a constant of [`Able`] itself is
//! found before that of a trait, and only where the type has what it asks for.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::NativeFormat;
use crate::event::{StoredPayload, UpcastFailure};

/// What the type `T` can do.
#[doc(hidden)]
pub struct Able<T>(PhantomData<fn() -> T>);

/// Reads a payload through serde.
type Read<T> = fn(StoredPayload<'_>) -> Result<T, UpcastFailure>;

impl<T: DeserializeOwned> Able<T> {
    /// How serde reads it.
    pub const SERDE: Option<Read<T>> = Some(|stored| stored.read());
}

#[cfg(feature = "protobuf")]
impl<T: prost::Message + Default + 'static> Able<T> {
    /// The formats that it writes and reads by itself.
    pub const NATIVE: &'static [NativeFormat<T>] = &[NativeFormat::protobuf()];
}

/// What every type can do: nothing by itself.
#[doc(hidden)]
pub trait Unable {
    /// The type that it is about.
    type Itself: 'static;
    /// No format of its own.
    const NATIVE: &'static [NativeFormat<Self::Itself>] = &[];
}

impl<T: 'static> Unable for Able<T> {
    type Itself = T;
}

/// What a type can do that serde does not read.
#[doc(hidden)]
pub trait NoSerde {
    /// The type that it is about.
    type Itself;
    /// Nothing.
    const SERDE: Option<Read<Self::Itself>> = None;
}

impl<T> NoSerde for Able<T> {
    type Itself = T;
}
