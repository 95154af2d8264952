//! A command with an idempotency key takes effect at most once, and every copy gets the same answer, on every store.
#![allow(clippy::unwrap_used, reason = "tests")]

#[macro_use]
#[path = "idempotency/place.rs"]
mod place;
#[path = "../../mink-runtime/tests/support/mod.rs"]
mod support;

#[path = "idempotency/aggregates.rs"]
mod aggregates;
#[path = "idempotency/cut_off.rs"]
mod cut_off;
#[path = "idempotency/domain.rs"]
mod domain;
#[path = "idempotency/functions.rs"]
mod functions;
#[path = "idempotency/keys.rs"]
mod keys;
#[path = "idempotency/timeouts.rs"]
mod timeouts;
#[path = "idempotency/turns.rs"]
mod turns;
