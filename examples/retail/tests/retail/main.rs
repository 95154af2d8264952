//! What the example promises, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "tests")]

mod crash;
mod domain;
mod ledger;
mod postgres;
mod program;
mod real_ledger;
mod sample;
