use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;

use super::{EventEntry, Location, Registry};
use crate::schema::{TypeShape, check_path};

/// Every fault of a registry, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryFaults {
    /// At least one.
    pub faults: Vec<RegistryFault>,
}

impl std::error::Error for RegistryFaults {}

/// The place before what is said of it.
fn at(location: Option<&Location>) -> String {
    location.map(|at| format!("{at}: ")).unwrap_or_default()
}

impl fmt::Display for RegistryFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        write!(
            f,
            "{count} fault{} in what this program declares:",
            if count == 1 { "" } else { "s" }
        )?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

/// One fault of a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryFault {
    /// Nothing at all is declared.
    #[error(
        "nothing is declared: no crate with `#[event]`, `#[derive(Aggregate)]` or `#[command]` is linked into this program. A crate that is only a dependency is left out by the linker: name it once, `use my_domain as _;`"
    )]
    NothingLinked,
    /// Two declarations share a name that must be unique.
    #[error(
        "two {kind}s are called `{name}`: {first} and {second}. Rename one with `name = \"...\"`"
    )]
    DuplicateName {
        /// "event", "aggregate", "command" or "codec".
        kind: &'static str,
        /// The name.
        name: &'static str,
        /// One declaration.
        first: Location,
        /// The other.
        second: Location,
    },
    /// A name that cannot be used.
    #[error("{location}: {kind} `{name}`: {reason}")]
    InvalidName {
        /// "event", "aggregate", "command" or "codec".
        kind: &'static str,
        /// The name.
        name: &'static str,
        /// Why not.
        reason: String,
        /// Its declaration.
        location: Location,
    },
    /// An event's version is 0.
    #[error("{location}: event `{event}` has version 0: versions start at 1")]
    VersionZero {
        /// The event.
        event: &'static str,
        /// Its declaration.
        location: Location,
    },
    /// An upcaster is missing between two others, or before the current version.
    #[error(
        "{location}: event `{event}` is at version {version} and has no upcaster from version {from}: add `upcast({from} => ...)`"
    )]
    UpcasterGap {
        /// The event.
        event: &'static str,
        /// The version it is at.
        version: u32,
        /// The version without an upcaster.
        from: u32,
        /// Its declaration.
        location: Location,
    },
    /// Two upcasters start from the same version.
    #[error("{location}: event `{event}` has two upcasters from version {from}: keep one")]
    UpcasterOverlap {
        /// The event.
        event: &'static str,
        /// The version.
        from: u32,
        /// Its declaration.
        location: Location,
    },
    /// An upcaster starts at the current version or above: the chain would never end.
    #[error(
        "{location}: event `{event}` is at version {version} and has an upcaster from version {from}: an upcaster starts below the event's version"
    )]
    UpcasterCycle {
        /// The event.
        event: &'static str,
        /// The version it is at.
        version: u32,
        /// The version the upcaster starts from.
        from: u32,
        /// Its declaration.
        location: Location,
    },
    /// A field to encrypt is not in the type.
    #[error("{location}: event `{event}` encrypts `{path}`, which is not a field of it")]
    UnknownEncryptedPath {
        /// The event.
        event: &'static str,
        /// The path.
        path: &'static str,
        /// Its declaration.
        location: Location,
    },
    /// Nothing provides the format that an event names.
    #[error(
        "{location}: event `{event}` is written in the format `{format}`, which nothing here provides: {advice}"
    )]
    UnknownFormat {
        /// The event.
        event: &'static str,
        /// The format.
        format: &'static str,
        /// What to do.
        advice: String,
        /// The event's declaration.
        location: Location,
    },
    /// Nothing provides the application's default format.
    #[error(
        "{}the application's default format is `{format}`, which nothing here provides: {advice} (there are {known})",
        at(.declared.as_ref())
    )]
    UnknownDefaultFormat {
        /// The format.
        format: String,
        /// Where it is declared, when it is.
        declared: Option<Location>,
        /// Those that there are.
        known: String,
        /// What to do.
        advice: String,
    },
    /// Two default formats are declared.
    #[error(
        "{first_at}: the format of events that name none is declared as `{first}`, and at {second_at} as `{second}`: keep one of them, and name the other on the events that need it, `#[event(format = \"...\")]`"
    )]
    TwoDefaultFormats {
        /// One.
        first: &'static str,
        /// Its declaration.
        first_at: Location,
        /// The other.
        second: &'static str,
        /// Its declaration.
        second_at: Location,
    },
    /// An event that names no format cannot be written in the application's default.
    #[error(
        "{location}: event `{event}` names no format and cannot be written in the application's default, {format}: give it another, `format = \"json\"`, or what that format asks for (for Protocol Buffers, `#[derive(prost::Message)]`)"
    )]
    NotInDefaultFormat {
        /// The event.
        event: &'static str,
        /// The format, for people.
        format: String,
        /// The event's declaration.
        location: Location,
    },
    /// An upcaster works on JSON, and older payloads may be in a format that cannot be turned into it.
    #[error(
        "{location}: event `{event}` is written as {format}, which does not describe itself, and its upcaster from version {from} is a function on JSON: name the struct that the event was then, `upcast({from} => OldStruct)`; or, when the versions up to {from} were only ever stored as JSON or MessagePack, write `format_since = {}`", .from + 1
    )]
    UpcasterOnJson {
        /// The event.
        event: &'static str,
        /// The format, for people.
        format: String,
        /// The version that the upcaster starts from.
        from: u32,
        /// The event's declaration.
        location: Location,
    },
    /// The version from which on an event has its format is none of its versions.
    #[error(
        "{location}: event `{event}` is at version {version} and says that it has its format since version {since}: write one from 1 to {version}"
    )]
    FormatSince {
        /// The event.
        event: &'static str,
        /// The version it says.
        since: u32,
        /// The version it is at.
        version: u32,
        /// The event's declaration.
        location: Location,
    },
    /// Fields are to be encrypted in a format that does not say where they are.
    #[error(
        "{location}: event `{event}` encrypts fields and is written as {format}, which does not describe itself, so they cannot be found in its payload: write `format = \"json\"` or `format = \"msgpack\"`"
    )]
    EncryptedFormat {
        /// The event.
        event: &'static str,
        /// The format, for people.
        format: String,
        /// The event's declaration.
        location: Location,
    },
    /// Decimals are written as binary floats, by a feature of `rust_decimal` that some crate of the program turns on.
    #[error(
        "{location}: event `{event}` holds a decimal, which would be stored as a binary float and lose digits: a crate of this program turns on the feature `serde-float` of `rust_decimal` (`cargo tree -e features -i rust_decimal` shows which). Turn it off, or write `#[serde(with = \"rust_decimal::serde::str\")]` and `#[mink(shape = String)]` on the field"
    )]
    InexactDecimal {
        /// The event.
        event: &'static str,
        /// The event's declaration.
        location: Location,
    },
    /// Nobody handles a command.
    #[error(
        "{location}: nobody handles the command `{command}`: write `fn name(&self, command: {command}) -> ...` in an aggregate's `#[handlers]` block, or a function with `#[handler]`, or remove the command"
    )]
    UnhandledCommand {
        /// The command.
        command: &'static str,
        /// Its declaration.
        location: Location,
    },
    /// Two aggregates or free-standing handlers handle the same command.
    #[error("the command `{command}` has two handlers: {first} and {second}. Keep one")]
    TwoHandlers {
        /// The command.
        command: &'static str,
        /// One method or function.
        first: Location,
        /// The other.
        second: Location,
    },
    /// A method takes a command that is not declared.
    #[error(
        "{location}: aggregate `{aggregate}` handles `{command}`, which is not declared: annotate it with `#[command]`, or add it to the registry"
    )]
    UnknownCommand {
        /// The aggregate.
        aggregate: &'static str,
        /// The command.
        command: &'static str,
        /// The method.
        location: Location,
    },
    /// A free-standing handler takes a command that is not declared.
    #[error(
        "{location}: `{function}` handles `{command}`, which is not declared: annotate it with `#[command]`, or add it to the registry"
    )]
    UnknownCommandOfFunction {
        /// The free-standing handler.
        function: &'static str,
        /// The command.
        command: &'static str,
        /// The function.
        location: Location,
    },
    /// A method takes an event that is not declared.
    #[error(
        "{location}: aggregate `{aggregate}` evolves from `{event}`, which is not declared: annotate it with `#[event]`, or add it to the registry"
    )]
    UnknownEvent {
        /// The aggregate.
        aggregate: &'static str,
        /// The event.
        event: &'static str,
        /// The method.
        location: Location,
    },
    /// An aggregate has no methods.
    #[error(
        "{location}: aggregate `{aggregate}` has no `#[handlers]` block: it can neither decide nor evolve"
    )]
    NoHandlers {
        /// The aggregate.
        aggregate: &'static str,
        /// Its declaration.
        location: Location,
    },
    /// Methods for a type that is not declared an aggregate.
    #[error(
        "{location}: `#[handlers]` for `{aggregate}`, which is not declared: add `#[derive(Aggregate)]` to it"
    )]
    HandlersWithoutAggregate {
        /// The type.
        aggregate: &'static str,
        /// The block.
        location: Location,
    },
}

pub(super) fn find(registry: &Registry) -> Vec<RegistryFault> {
    if registry.is_empty() && registry.handlers.is_empty() && registry.functions.is_empty() {
        return vec![RegistryFault::NothingLinked];
    }
    let mut faults = Vec::new();
    names(registry, &mut faults);
    for event in &registry.events {
        chain(event, &mut faults);
        encrypted(event, &mut faults);
    }
    super::formats::find(registry, &mut faults);
    super::decimals::find(registry, &mut faults);
    handlers(registry, &mut faults);
    commands(registry, &mut faults);
    faults
}

fn names(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    let mut unique = |kind, declared: Vec<(&'static str, Location)>| {
        for pair in declared.windows(2) {
            if let [(name, first), (next, second)] = *pair
                && name == next
            {
                faults.push(RegistryFault::DuplicateName {
                    kind,
                    name,
                    first,
                    second,
                });
            }
        }
    };
    unique(
        "event",
        registry
            .events
            .iter()
            .map(|e| (e.name, e.location))
            .collect(),
    );
    unique(
        "aggregate",
        registry
            .aggregates
            .iter()
            .map(|e| (e.name, e.location))
            .collect(),
    );
    unique(
        "command",
        registry
            .commands
            .iter()
            .map(|e| (e.name, e.location))
            .collect(),
    );
    for aggregate in &registry.aggregates {
        if let Err(reason) = crate::id::Category::new(aggregate.name) {
            faults.push(RegistryFault::InvalidName {
                kind: "aggregate",
                name: aggregate.name,
                reason: reason.to_string(),
                location: aggregate.location,
            });
        }
    }
    for event in &registry.events {
        if let Err(reason) = crate::id::check_name("event name", event.name, 255) {
            faults.push(RegistryFault::InvalidName {
                kind: "event",
                name: event.name,
                reason: reason.to_string(),
                location: event.location,
            });
        }
    }
}

/// A chain runs without gap from its oldest step to the event's version. An event without upcasters keeps nothing
/// older than its version.
fn chain(entry: &EventEntry, faults: &mut Vec<RegistryFault>) {
    let EventEntry {
        name: event,
        version,
        location,
        ..
    } = *entry;
    if version == 0 {
        faults.push(RegistryFault::VersionZero { event, location });
        return;
    }
    let mut steps = (entry.upcasts_from)();
    steps.sort_unstable();
    for pair in steps.windows(2) {
        if pair[0] == pair[1] {
            faults.push(RegistryFault::UpcasterOverlap {
                event,
                from: pair[0],
                location,
            });
        }
    }
    steps.dedup();
    for from in steps.iter().copied().filter(|from| *from >= version) {
        faults.push(RegistryFault::UpcasterCycle {
            event,
            version,
            from,
            location,
        });
    }
    if let Some(oldest) = steps.first().copied() {
        for from in oldest.max(1)..version {
            if !steps.contains(&from) {
                faults.push(RegistryFault::UpcasterGap {
                    event,
                    version,
                    from,
                    location,
                });
            }
        }
    }
}

fn encrypted(entry: &EventEntry, faults: &mut Vec<RegistryFault>) {
    for path in entry.encrypted {
        if let Some(_fault) = check_path(&entry.shape, path).or_else(|| lazy(&entry.shape, path)) {
            faults.push(RegistryFault::UnknownEncryptedPath {
                event: entry.name,
                path,
                location: entry.location,
            });
        }
    }
}

/// Follows what a constant could not: the shape of a type that contains itself.
fn lazy(shape: &TypeShape, path: &str) -> Option<crate::schema::PathFault> {
    match shape {
        TypeShape::Lazy(shape) => check_path(&shape(), path).or_else(|| lazy(&shape(), path)),
        TypeShape::Optional(inner) | TypeShape::List(inner) => lazy(inner, path),
        TypeShape::Example { shape, .. }
        | TypeShape::Strict(shape)
        | TypeShape::Aliased { shape, .. } => lazy(shape, path),
        TypeShape::Struct(shape) => {
            let (first, rest) = path.split_once('.')?;
            let field = shape.fields.iter().find(|field| field.name == first)?;
            lazy(&field.shape, rest)
        }
        _ => None,
    }
}

fn handlers(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    for aggregate in &registry.aggregates {
        let id = (aggregate.type_id)();
        if !registry
            .handlers
            .iter()
            .any(|entry| (entry.aggregate_type)() == id)
        {
            faults.push(RegistryFault::NoHandlers {
                aggregate: aggregate.name,
                location: aggregate.location,
            });
        }
    }
    for entry in &registry.handlers {
        let id = (entry.aggregate_type)();
        if !registry
            .aggregates
            .iter()
            .any(|aggregate| (aggregate.type_id)() == id)
        {
            faults.push(RegistryFault::HandlersWithoutAggregate {
                aggregate: entry.aggregate,
                location: entry.location,
            });
        }
        for (event, id, location) in (entry.evolves)() {
            if !registry
                .events
                .iter()
                .any(|declared| (declared.type_id)() == id)
            {
                let aggregate = entry.aggregate;
                faults.push(RegistryFault::UnknownEvent {
                    aggregate,
                    event,
                    location,
                });
            }
        }
        for decider in entry.decides {
            if registry.command_by_type((decider.command_type)()).is_none() {
                faults.push(RegistryFault::UnknownCommand {
                    aggregate: entry.aggregate,
                    command: decider.command,
                    location: decider.location,
                });
            }
        }
    }
}

fn commands(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    for function in &registry.functions {
        if registry
            .command_by_type((function.command_type)())
            .is_none()
        {
            faults.push(RegistryFault::UnknownCommandOfFunction {
                function: function.name,
                command: function.command,
                location: function.location,
            });
        }
    }
    let mut deciders: BTreeMap<TypeId, Vec<(&'static str, Location)>> = BTreeMap::new();
    for decider in registry.handlers.iter().flat_map(|entry| entry.decides) {
        deciders
            .entry((decider.command_type)())
            .or_default()
            .push((decider.command, decider.location));
    }
    for function in &registry.functions {
        deciders
            .entry((function.command_type)())
            .or_default()
            .push((function.command, function.location));
    }
    for found in deciders.values() {
        if let [(command, first), (_, second), ..] = found[..] {
            faults.push(RegistryFault::TwoHandlers {
                command,
                first,
                second,
            });
        }
    }
    for command in &registry.commands {
        if !deciders.contains_key(&(command.type_id)()) {
            faults.push(RegistryFault::UnhandledCommand {
                command: command.name,
                location: command.location,
            });
        }
    }
}
