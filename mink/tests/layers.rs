//! The layers in an application.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "layers/broken.rs"]
mod broken;
#[path = "layers/conditions.rs"]
mod conditions;
#[path = "layers/domain.rs"]
mod domain;
#[path = "layers/ids.rs"]
mod ids;
#[path = "layers/order.rs"]
mod order;
#[path = "layers/parts.rs"]
mod parts;
#[path = "layers/within_aggregate.rs"]
mod within_aggregate;
