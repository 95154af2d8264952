use std::any::TypeId;
use std::fmt;

use crate::aggregate::{Aggregate, AggregateHandlers, Decider};
use crate::command::{Command, ServiceNeed};
use crate::event::Event;
use crate::handler::{HandledBy, Handler};
use crate::pipeline::{DecodeError, decode};
use crate::schema::TypeShape;
use crate::storage::RecordedEvent;

/// A place in the user's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
}

impl Location {
    /// A place.
    #[must_use]
    pub const fn new(file: &'static str, line: u32) -> Self {
        Self { file, line }
    }

    /// The place where this is called.
    #[must_use]
    #[track_caller]
    pub const fn here() -> Self {
        let caller = std::panic::Location::caller();
        Self::new(caller.file(), caller.line())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A declared event.
#[derive(Clone, Copy)]
pub struct EventEntry {
    /// The stored name.
    pub name: &'static str,
    /// The version that this program writes.
    pub version: u32,
    /// Dotted paths of the fields to encrypt.
    pub encrypted: &'static [&'static str],
    /// The versions that upcasters start from, in the order they were declared.
    pub upcasts_from: fn() -> Vec<u32>,
    /// How it is stored.
    pub shape: TypeShape,
    /// Its Rust type.
    pub type_id: fn() -> TypeId,
    /// Its Rust type's name, for people.
    pub type_name: fn() -> &'static str,
    /// Reads a payload of the current version and writes it again, for the generated round-trip test.
    pub round_trip: fn(&[u8]) -> Result<Vec<u8>, serde_json::Error>,
    /// Reads a stored event of any version, as an aggregate does that evolves from it.
    pub decode: fn(&RecordedEvent) -> Result<(), DecodeError>,
    /// Where it is declared.
    pub location: Location,
}

impl EventEntry {
    /// The entry of the event `E`, declared at `location`.
    #[must_use]
    pub const fn of<E: Event>(location: Location) -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            encrypted: E::ENCRYPTED,
            upcasts_from: || E::UPCASTS.iter().map(|upcast| upcast.from).collect(),
            shape: E::SHAPE,
            type_id: TypeId::of::<E>,
            type_name: std::any::type_name::<E>,
            round_trip: |payload| serde_json::to_vec(&serde_json::from_slice::<E>(payload)?),
            decode: |stored| decode::<E>(stored).map(drop),
            location,
        }
    }
}

/// A declared aggregate.
#[derive(Clone, Copy)]
pub struct AggregateEntry {
    /// The category of its streams.
    pub name: &'static str,
    /// Its Rust type.
    pub type_id: fn() -> TypeId,
    /// Its Rust type's name, for people.
    pub type_name: fn() -> &'static str,
    /// Where it is declared.
    pub location: Location,
}

impl AggregateEntry {
    /// The entry of the aggregate `A`, declared at `location`.
    #[must_use]
    pub const fn of<A: Aggregate>(location: Location) -> Self {
        Self {
            name: A::NAME,
            type_id: TypeId::of::<A>,
            type_name: std::any::type_name::<A>,
            location,
        }
    }
}

/// A declared command.
#[derive(Clone, Copy)]
pub struct CommandEntry {
    /// Its name.
    pub name: &'static str,
    /// Dotted paths of the fields that hold personal data.
    pub encrypted: &'static [&'static str],
    /// Whether refusals are kept under its idempotency key.
    pub replay_errors: bool,
    /// Its Rust type.
    pub type_id: fn() -> TypeId,
    /// Its Rust type's name, for people.
    pub type_name: fn() -> &'static str,
    /// Where it is declared.
    pub location: Location,
}

impl CommandEntry {
    /// The entry of the command `C`, declared at `location`.
    #[must_use]
    pub const fn of<C: Command>(location: Location) -> Self {
        Self {
            name: C::NAME,
            encrypted: C::ENCRYPTED,
            replay_errors: C::REPLAY_ERRORS,
            type_id: TypeId::of::<C>,
            type_name: std::any::type_name::<C>,
            location,
        }
    }
}

/// The methods of one `#[handlers]` block.
#[derive(Clone, Copy)]
pub struct HandlersEntry {
    /// The aggregate's name.
    pub aggregate: &'static str,
    /// The aggregate's Rust type.
    pub aggregate_type: fn() -> TypeId,
    /// The events it evolves from: stored name, Rust type, method.
    pub evolves: fn() -> Vec<(&'static str, TypeId, Location)>,
    /// The commands it decides.
    pub decides: &'static [Decider],
    /// The block.
    pub location: Location,
}

impl HandlersEntry {
    /// The entry of the methods of `A`, whose block is at `location`.
    #[must_use]
    pub const fn of<A: AggregateHandlers>(location: Location) -> Self {
        Self {
            aggregate: A::NAME,
            aggregate_type: TypeId::of::<A>,
            evolves: || {
                A::EVOLVERS
                    .iter()
                    .map(|evolver| (evolver.name, (evolver.type_id)(), evolver.location))
                    .collect()
            },
            decides: A::DECIDERS,
            location,
        }
    }
}

/// A free-standing handler.
#[derive(Clone, Copy)]
pub struct FunctionEntry {
    /// The function's name.
    pub name: &'static str,
    /// The command's name.
    pub command: &'static str,
    /// The command's Rust type.
    pub command_type: fn() -> TypeId,
    /// The services it takes.
    pub services: &'static [ServiceNeed],
    /// The function.
    pub location: Location,
}

impl FunctionEntry {
    /// The entry of the handler `H` of the command `C`, whose function is at `location`.
    #[must_use]
    pub const fn of<C: HandledBy<H>, H: Handler<C>>(location: Location) -> Self {
        Self {
            name: H::NAME,
            command: C::NAME,
            command_type: TypeId::of::<C>,
            services: H::SERVICES,
            location,
        }
    }
}

inventory::collect!(EventEntry);
inventory::collect!(AggregateEntry);
inventory::collect!(CommandEntry);
inventory::collect!(HandlersEntry);
inventory::collect!(FunctionEntry);
