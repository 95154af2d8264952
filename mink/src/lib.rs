//! Event sourcing and CQRS for Rust: annotate plain structs, run them on SQLite or PostgreSQL.
#![doc(test(attr(deny(warnings))))]

pub use mink_runtime::{
    aggregate, app, bus, command, event, id, metadata, pipeline, registry, repository, schema,
    storage, testing,
};

pub use mink_runtime::app::{Error, Mink, Result};

#[cfg(feature = "postgres")]
pub use mink_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use mink_sqlite as sqlite;

pub use mink_macros::{Aggregate, Shape, command, event, handlers};
pub use mink_runtime::aggregate::Aggregate;
pub use mink_runtime::schema::Shape;

/// serde and its JSON, as mink uses them: a domain that derives `Serialize` on nested types, or writes upcasters on
/// JSON values, needs no dependency of its own.
///
/// ```
/// use mink::serde_json::Value;
///
/// #[derive(Clone, PartialEq, Debug, mink::serde::Serialize, mink::serde::Deserialize, mink::Shape)]
/// #[serde(crate = "mink::serde")]
/// struct Address { zip: String }
///
/// #[mink::event(version = 2, encrypt = "address.zip", upcast(1 => nest_zip))]
/// struct Moved { address: Address }
///
/// fn nest_zip(mut payload: Value) -> Value {
///     payload["address"] = mink::serde_json::json!({ "zip": payload["zip"].take() });
///     payload
/// }
/// ```
pub use {serde, serde_json};

pub mod prelude;

/// Everything annotated in this binary: aggregates, events with versions and encrypted fields, commands with their
/// routes. Prints itself.
///
/// ```
/// println!("{}", mink::registry());
/// ```
#[must_use]
pub fn registry() -> registry::Registry {
    registry::Registry::linked()
}

/// Makes a test of every declaration in this binary: each event survives being read and written, each upcaster chain
/// is whole, each command has one handler. Write it once in the crate of the domain.
///
/// ```
/// mink::registry_test!();
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! registry_test {
    () => {
        #[test]
        fn everything_declared_fits_and_every_event_survives_its_stored_form() {
            $crate::testing::assert_registry(&$crate::registry());
        }
    };
}

#[doc(hidden)]
pub mod __private;

// generated code names this crate, also where the crate itself uses the macros
extern crate self as mink;
