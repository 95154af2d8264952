//! What the linked program declares: events, aggregates, commands and who handles them.
//!
//! **Problem.** Declarations are spread over crates and files, and order at link time is unspecified.
//! **Mechanism.** The macros submit an entry per declaration with `inventory`; [`Registry::linked`] collects and
//! sorts them, and [`Registry::verify`] reports every fault at once, with `file:line` of both sides.
//! **Cost.** Once at start. **What the caller must do.** Link the crates of the domain: `use my_domain as _;`.

mod entry;

pub use entry::{AggregateEntry, CommandEntry, EventEntry, HandlersEntry, Location};
