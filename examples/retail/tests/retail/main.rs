//! What the example promises, on SQLite and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests, which tell what they ran on"
)]

mod crash;
mod domain;
mod ledger;
mod postgres;
mod program;
mod real_ledger;
mod sample;
