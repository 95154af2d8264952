//! Events: facts that happened, stored for ever under a pinned name and version.

pub mod codec;
mod upcast;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use upcast::{
    JsonUpcaster, StoredPayload, Upcast, UpcastFailure, UpcastFrom, UpcastOutcome, UpcastStep,
};

use codec::NativeFormat;

use crate::schema::Shape;

/// A fact that happened. `#[event]` implements it; this is the hand-written twin:
///
/// ```
/// use mink_runtime::event::Event;
/// use mink_runtime::schema::{Field, Shape, StructShape, TypeShape};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Deposited { amount: u64 }
///
/// impl Shape for Deposited {
///     const SHAPE: TypeShape = TypeShape::Struct(StructShape {
///         name: "Deposited",
///         fields: &[Field { name: "amount", shape: u64::SHAPE, default: false }],
///     });
/// }
///
/// impl Event for Deposited {
///     const NAME: &'static str = "Deposited";
/// }
/// # assert_eq!(Deposited::VERSION, 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "annotate `{Self}` with `#[event]`"
)]
pub trait Event: Serialize + DeserializeOwned + Shape + Clone + Send + Sync + 'static {
    /// The stored name: a promise to every event ever written. The struct's name unless declared.
    const NAME: &'static str;
    /// The version of the payload's schema that this program writes. At least 1.
    const VERSION: u32 = 1;
    /// Dotted paths of the fields to encrypt, in stored names.
    const ENCRYPTED: &'static [&'static str] = &[];
    /// How payloads of older versions become this one, one entry for each version from the oldest on.
    const UPCASTS: &'static [Upcast<Self>] = &[];
    /// The name of the format that its payloads are written in; the application's default unless declared. Reading goes
    /// by each stored event's own format, whatever this says.
    const FORMAT: Option<&'static str> = None;
    /// The first version that was written in a format that does not describe itself. Payloads of older versions are in
    /// formats that do, so functions on JSON may upcast those.
    const FORMAT_SINCE: u32 = 1;
    /// The formats that the type writes and reads by itself, not through serde.
    const NATIVE: &'static [NativeFormat<Self>] = &[];
}
