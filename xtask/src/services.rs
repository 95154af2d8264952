//! Outside systems for tests: private, throw-away, started on demand.
//!
//! **Problem.** A test against a mock proves the mock; a test against a shared server leaves things behind.
//! **Mechanism.** Each server runs from a directory of its own on a free loopback port, and belongs to the process
//! that started it: a watching shell outlives that process by a moment, stops the server and removes the directory,
//! however the process ended.
//! **Cost.** About a second per server.
//! **What the caller must do.** Keep the value alive as long as the server is needed.

mod directory;
mod error;
mod postgres;
mod process;

pub use error::ServiceError;
pub use postgres::{Postgres, PostgresOptions};

/// The variable that names a PostgreSQL server to test against, as `postgres://user:password@host:port/database`.
/// The user must be allowed to create databases.
pub const POSTGRES_URL_VARIABLE: &str = "MINK_TEST_POSTGRES_URL";
