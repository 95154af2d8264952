//! Imports a shop's ledger as events and reports its revenue per country, on SQLite or PostgreSQL.
//!
//! The domain is [`domain`]; what surrounds it reads a CSV file ([`ledger`]), sends it to the domain ([`import`]), folds
//! the feed ([`report`]) and talks to people and programs ([`cli`], [`output`]).

pub mod cli;
pub mod domain;
pub mod import;
pub mod ledger;
pub mod output;
pub mod report;
