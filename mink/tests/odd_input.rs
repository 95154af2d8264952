//! Input and surroundings that nobody expects: a typed error each, and the application goes on.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "odd_input/dispatching.rs"]
mod dispatching;
#[path = "odd_input/runtimes.rs"]
mod runtimes;
#[path = "odd_input/unreadable.rs"]
mod unreadable;
