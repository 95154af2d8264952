//! Event sourcing and CQRS for Rust: annotate plain structs, run them on SQLite or PostgreSQL.
#![doc(test(attr(deny(warnings))))]

pub use mink_runtime::{
    aggregate, command, event, id, metadata, pipeline, registry, schema, storage,
};

#[cfg(feature = "postgres")]
pub use mink_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use mink_sqlite as sqlite;

pub use mink_macros::{Aggregate, Shape, command, event, handlers};
pub use mink_runtime::aggregate::Aggregate;
pub use mink_runtime::schema::Shape;

pub mod prelude;

#[doc(hidden)]
pub mod __private;

// generated code names this crate, also where the crate itself uses the macros
extern crate self as mink;
