//! Event sourcing and CQRS for Rust: annotate plain structs, run them on SQLite or PostgreSQL.
#![doc(test(attr(deny(warnings))))]

pub use mink_runtime::{
    aggregate, command, event, id, metadata, pipeline, registry, schema, storage,
};

#[cfg(feature = "postgres")]
pub use mink_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use mink_sqlite as sqlite;

pub use mink_runtime::schema::Shape;

/// What generated code names. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use mink_runtime::inventory;
    pub use {serde, serde_json};
}
