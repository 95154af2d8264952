//! What generated code names. Not part of the public interface.

pub use std::borrow::Cow;

pub use mink_runtime::inventory;
pub use {serde, serde_json};

use crate::aggregate::IntoEvents;
use crate::command::Routed;

/// Compiles when commands of type `C` are decided by the aggregate `A`.
pub const fn routed<C: Routed<A>, A>() {}

/// Compiles when a `T` turns into events of the aggregate `A`.
pub const fn turns_into_events<T: IntoEvents<A>, A>() {}
