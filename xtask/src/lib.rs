//! The project's own chores.
//!
//! The library holds what tests and stress programs share with `cargo xtask`: [`services`], the outside systems that
//! they run against. Depend on it with `default-features = false`, which leaves the command line out.

pub mod services;
