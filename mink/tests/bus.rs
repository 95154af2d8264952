//! From a command to its answer, whoever handles it.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "bus/closing.rs"]
mod closing;
#[path = "bus/context.rs"]
mod context;
#[path = "bus/detached.rs"]
mod detached;
#[path = "bus/domain.rs"]
mod domain;
#[path = "bus/functions.rs"]
mod functions;
#[path = "bus/json.rs"]
mod json;
#[path = "bus/layers.rs"]
mod layers;
#[path = "bus/many.rs"]
mod many;
#[path = "bus/replies.rs"]
mod replies;
