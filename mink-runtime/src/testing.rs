//! Given/when/then for aggregates, and the checks that hold for every registry.
//!
//! Domain code is pure, so these run without a store, a runtime or a clock: [`Fixture::given`] takes what happened
//! before, [`Given::when`] a command, and [`Then`] says what must have come of it.

mod checks;
mod diff;
mod given;
mod schema_lock;
mod then;

pub use checks::{RegistryCheck, assert_registry, check_registry};
pub use given::{Fixture, Given};
#[doc(hidden)]
pub use schema_lock::SchemaLockTest;
pub use schema_lock::{
    SchemaLockFiles, accept_schema_lock, check_schema_lock, retire_in_schema_lock,
};
pub use then::Then;
