//! What an operator sees: metrics through the facade `metrics`, spans through `tracing`.
//!
//! **Problem.** Numbers that are wired up by hand are missing where they are needed, and a wrapper around the store
//! hides what the store can do.
//! **Mechanism.** The few places that talk to the store say what they do to an [`Observer`]. It holds every meter,
//! looked up once, when the application opens, from whichever recorder is installed then. Spans go to whichever
//! subscriber is installed.
//! **Cost.** Without a recorder and a subscriber, a few comparisons for each operation; no clock is read and nothing is
//! allocated.
//! **What the caller must do.** Install the recorder before opening the application.
//!
//! Labels have few values: types of events that no linked crate declares are counted as `other`.

mod errors;
mod meters;
pub mod names;
mod observer;
mod spans;

pub(crate) use errors::ErrorType;
pub use meters::{CacheUse, Operation, SnapshotUse};
pub use observer::Observer;
pub(crate) use observer::watched;
pub(crate) use spans::{append_span, load_span, operation_span};
