//! Configuration from a file, the environment and the builder, checked as a whole before anything starts.
//!
//! **Problem.** A misspelled key that is ignored, a number that is clamped in silence, a fault that shows only after
//! the one before it was mended.
//! **Mechanism.** Every setting is one [`Setting`] in a table: its key, what it takes and where it goes. Sources only
//! say what was written, and where; the tables judge it. What is written later wins: defaults, then files in the order
//! they were named, then the environment, then the builder.
//! **Cost.** Once at start.
//! **What the caller must do.** Add a line to a table for a new setting; an adapter submits its table as a
//! [`StoreSection`].
//!
//! No value that may hold a secret is ever in a fault, a `Debug` or the log.

mod environment;
mod fault;
#[cfg(feature = "config")]
mod file;
mod given;
mod report;
mod setting;
mod sources;
mod store;
mod suggest;

pub use fault::ConfigFault;
pub use given::{Given, Origin, Written};
pub use report::{Configuration, Configured};
pub(crate) use setting::harmless;
pub use setting::{Choice, Number, Setting, Taken, Unfit};
pub(crate) use sources::Resolved;
pub use sources::Sources;
pub use store::{OpensStore, StoreSection, StoreSettings};
