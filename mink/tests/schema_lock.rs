//! The schema lock: what it lets through, what it refuses, and what it says.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(unreachable_pub, missing_docs, reason = "events of a test")]

#[path = "schema_lock/accepted.rs"]
mod accepted;
#[path = "schema_lock/corpus.rs"]
mod corpus;
#[path = "schema_lock/events.rs"]
mod events;
#[path = "schema_lock/files.rs"]
mod files;
#[path = "schema_lock/generated.rs"]
mod generated;
#[path = "schema_lock/refused.rs"]
mod refused;
#[path = "schema_lock/support.rs"]
mod support;
