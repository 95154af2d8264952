//! Event sourcing and CQRS for Rust: annotate plain structs, run them on SQLite or PostgreSQL.
//!
//! You write events, commands and state as plain structs, and methods that take them. The first argument of a method
//! says what it does: a command by value is decided, an event by reference evolves the state. Nothing is listed or
//! registered a second time. What does not fit together is a compile error, or one report of every fault when the
//! program starts.
//!
//! ```standalone_crate
//! use mink::prelude::*;
//!
//! #[event]
//! pub struct Deposited {
//!     pub cents: u64,
//! }
//!
//! #[event]
//! pub struct Withdrawn {
//!     pub cents: u64,
//! }
//!
//! #[command]
//! pub struct Deposit {
//!     pub account_id: u64,
//!     pub cents: u64,
//! }
//!
//! #[command]
//! pub struct Withdraw {
//!     pub account_id: u64,
//!     pub cents: u64,
//! }
//!
//! #[derive(Debug, PartialEq)]
//! pub struct NotEnough;
//!
//! impl std::fmt::Display for NotEnough {
//!     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//!         f.write_str("there is not enough in the account")
//!     }
//! }
//!
//! impl std::error::Error for NotEnough {}
//!
//! #[derive(Aggregate, Default)]
//! pub struct Account {
//!     cents: u64,
//! }
//!
//! #[handlers]
//! impl Account {
//!     fn deposit(&self, command: Deposit) -> Deposited {
//!         Deposited { cents: command.cents }
//!     }
//!     fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, NotEnough> {
//!         if command.cents > self.cents {
//!             return Err(NotEnough);
//!         }
//!         Ok(Withdrawn { cents: command.cents })
//!     }
//!
//!     fn deposited(&mut self, event: &Deposited) {
//!         self.cents += event.cents;
//!     }
//!     fn withdrawn(&mut self, event: &Withdrawn) {
//!         self.cents -= event.cents;
//!     }
//! }
//!
//! # #[cfg(feature = "sqlite")]
//! #[tokio::main]
//! async fn main() -> mink::Result<()> {
//!     let app = Mink::open("sqlite::memory:").await?;
//!     app.dispatch(Deposit { account_id: 7, cents: 100 }).await?;
//!     let refused = app.dispatch(Withdraw { account_id: 7, cents: 500 }).await;
//!     assert_eq!(refused.unwrap_err().rejection(), Some(&NotEnough));
//!     assert_eq!(app.load::<Account>(7).await?.cents, 100);
//!
//!     // a test needs no store
//!     Account::given(Deposited { cents: 10 })
//!         .when(Withdraw { account_id: 7, cents: 11 })
//!         .then_error(NotEnough);
//!     app.shutdown().await
//! }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! # Where to look
//!
//! * [`Mink`]: open a store, dispatch commands, load aggregates, read streams and the feed.
//! * [`event`](macro@event), [`command`](macro@command), [`handlers`], [`handler`](macro@handler) and the derives
//!   `Aggregate` and [`Shape`](derive@Shape): the macros.
//! * [`aggregate`](mod@aggregate), [`event`](mod@event) and [`command`](mod@command): the traits behind the macros, to
//!   write by hand.
//! * [`testing`]: given/when/then, [`registry_test!`] and [`schema_lock_test!`]; [`default_format!`] and [`codec!`] for the formats of events.
//! * [`bus`]: what becomes of a command, idempotency keys, and [`bus::layers`] around it.
//! * [`Mink::lifecycle`] and [`archive`]: delete, truncate, archive, restore and compact a stream.
//! * [`config`] and [`observe`]: settings, health, metrics and traces.
//! * [`registry()`]: everything that is declared in the program. It prints itself.
//! * [`storage`]: the contract of a store, and the suite that proves an adapter.
//!
//! The book, in `book/` of the repository, explains each and names the tests behind each promise.
//!
//! # Features
//!
//! | Feature | Default | |
//! |---|---|---|
//! | `config` | yes | settings from `mink.toml`; the environment and the builder need no feature |
//! | `sqlite` | yes | the SQLite store, compiled in: `sqlite://shop.db` |
//! | `postgres` | no | the PostgreSQL store: `postgres://user@host/db` |
//! | `decimal` | no | `rust_decimal::Decimal` in events |
//! | `garde` | no | commands that derive `garde::Validate` are checked before anybody handles them |
//! | `rate-limit` | no | the layer that lets no more commands pass than agreed |
//! | `msgpack` | no | events written as MessagePack |
//! | `protobuf` | no | events written as Protocol Buffers, by way of `prost` |
//!
//! A store in memory, `memory://`, is always there. A program compiles no driver that it does not use.
//!
//! # What is not there yet
//!
//! Read models, subscriptions that keep their place, workflows across aggregates, an outbox, a command line and
//! encryption. A field can be declared for encryption; a program with one does not start, rather than store it
//! in clear text.
#![doc(test(attr(deny(warnings))))]

pub use mink_runtime::{
    aggregate, app, archive, bus, command, config, event, handler, id, metadata, observe, pipeline,
    registry, repository, schema, storage, testing,
};

pub use mink_runtime::app::{Error, Mink, Result};

#[cfg(feature = "postgres")]
pub use mink_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use mink_sqlite as sqlite;

pub use mink_macros::{Aggregate, Shape, command, event, handler, handlers};
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

/// Protocol Buffers, for events that are written so: derive `mink::prost::Message` with
/// `#[prost(prost_path = "mink::prost")]` below it, or `prost::Message` of the same release of your own.
#[cfg(feature = "protobuf")]
pub use prost;

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

/// Makes a test that fails when a stored event could no longer be read: the form of each version of each event is
/// pinned in `mink-schema.lock` beside the crate's `Cargo.toml`, and a payload of each is kept in `mink-schema-corpus/`.
///
/// Put it in a file of its own, `tests/schema.rs`, so that only the domain's events are linked. Run
/// `MINK_SCHEMA=accept cargo test` once to write both, and commit them. From then on a field that is renamed, retyped or
/// removed without a new version and an upcaster fails the test, which prints the difference and the lines to write.
///
/// ```no_run
/// // use my_domain as _;
/// mink::schema_lock_test!();
/// # fn main() {}
/// ```
///
/// `lock = "..."` names another file, relative to the crate; `registry = ...` takes a registry built by hand;
/// `default_format = "..."` is the format of events that name none, for a program that does not
/// [declare](default_format!) it. What `mink.toml` says of it, in the crate or above it in the workspace, and the variable
/// `MINK_DEFAULT_FORMAT` are read as the application reads them. They must agree.
///
/// ```no_run
/// mink::schema_lock_test!(
///     registry = mink::registry::Registry::by_hand().build(),
///     lock = "shop.lock",
/// );
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! schema_lock_test {
    ($($option:ident = $value:expr),* $(,)?) => {
        #[test]
        fn every_stored_event_can_still_be_read() {
            $crate::testing::SchemaLockTest::new(::core::env!("CARGO_MANIFEST_DIR"))
                $(.$option($value))*
                .run();
        }
    };
}

/// Declares the format of events that name none, for every application of this program and for its schema lock.
///
/// Write it once, beside the events. Without it they are JSON, unless the application is
/// [configured](app::MinkBuilder::default_format) otherwise, of which the schema lock's test may not know. With it, a
/// configuration that says another format is refused when the application starts.
///
/// ```
/// mink::default_format!("json");
///
/// # fn main() {
/// assert_eq!(mink::registry().formats().default_format(), "json");
/// # }
/// ```
#[macro_export]
macro_rules! default_format {
    ($format:expr $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::event::codec::DefaultFormatEntry::new(
                $format,
                $crate::registry::Location::here(),
            )
        }
    };
}

/// Links a codec into every application of this program: a format of your own, for the events that name it.
///
/// ```
/// use mink::event::codec::{Codec, CodecError, Incoming, Outgoing};
///
/// struct Pretty;
///
/// impl Codec for Pretty {
///     fn name(&self) -> &'static str { "pretty-json" }
///     fn is_self_describing(&self) -> bool { true }
///     fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
///         mink::serde_json::to_vec_pretty(&event).map_err(CodecError::without_values)
///     }
///     fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
///         event.read(&mut mink::serde_json::Deserializer::from_slice(payload))
///     }
/// }
///
/// mink::codec!(Pretty);
///
/// #[mink::event(format = "pretty-json")]
/// struct Noted { text: String }
///
/// # fn main() {
/// assert!(mink::registry().formats().knows("pretty-json"));
/// # }
/// ```
#[macro_export]
macro_rules! codec {
    ($codec:expr) => {
        $crate::__private::inventory::submit! {
            $crate::event::codec::CodecEntry::of(&$codec, $crate::registry::Location::here())
        }
    };
}

#[doc(hidden)]
pub mod __private;

// generated code names this crate, also where the crate itself uses the macros
extern crate self as mink;
