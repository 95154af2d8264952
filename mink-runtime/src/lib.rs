//! The engine of mink. Knows no database driver and no cloud SDK.

pub mod id;
pub mod metadata;
pub mod storage;

#[doc(hidden)]
pub use inventory;
