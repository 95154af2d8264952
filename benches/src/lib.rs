//! Mink beside the raw driver: the same work, in one run, in turns, as a ratio.
//!
//! *Raw* is what somebody would write by hand who knows the driver and mink's tables: the same rows, indexes, metadata
//! and positions, one prepared call for each commit, the same durability, at the number of connections that suits it
//! best. A second contestant inserts the payload alone.

pub mod amount;
pub mod arena;
pub mod contest;
pub mod domain;
pub mod machine;
pub mod raw;
pub mod side;
pub mod table;
mod through_mink;
