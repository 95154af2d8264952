//! Streams that are deleted, cut, archived, restored and compacted.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

#[path = "lifecycle/archives.rs"]
mod archives;
#[path = "lifecycle/compaction.rs"]
mod compaction;
#[path = "lifecycle/domain.rs"]
mod domain;
#[path = "lifecycle/killed.rs"]
mod killed;
#[path = "lifecycle/model.rs"]
mod model;
#[path = "lifecycle/stores.rs"]
mod stores;
