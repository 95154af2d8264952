//! What the linked program declares: events, aggregates, commands and who handles them.
//!
//! **Problem.** Declarations are spread over crates and files, and order at link time is unspecified.
//! **Mechanism.** The macros submit an entry per declaration with `inventory`; [`Registry::linked`] collects and
//! sorts them, and [`Registry::verify`] reports every fault at once, with `file:line` of both sides.
//! **Cost.** Once at start. **What the caller must do.** Link the crates of the domain: `use my_domain as _;`.

mod decimals;
mod entry;
mod faults;
mod formats;
mod print;
mod schemas;

use std::any::TypeId;
use std::panic::Location as Caller;
use std::sync::Arc;

pub use entry::{
    AggregateEntry, CommandEntry, EventEntry, FunctionEntry, HandlersEntry, Location, Rewrite,
};
pub use faults::{RegistryFault, RegistryFaults};

use crate::aggregate::{Aggregate, AggregateHandlers};
use crate::command::Command;
use crate::event::Event;
use crate::event::codec::{Codec, CodecEntry, DefaultFormatEntry, Formats};
use crate::handler::{HandledBy, Handler};
use formats::Registered;

/// Every declaration, sorted by kind and name. Prints itself.
#[derive(Clone, Default)]
pub struct Registry {
    events: Vec<EventEntry>,
    aggregates: Vec<AggregateEntry>,
    commands: Vec<CommandEntry>,
    handlers: Vec<HandlersEntry>,
    functions: Vec<FunctionEntry>,
    codecs: Vec<Registered>,
    declared_defaults: Vec<DefaultFormatEntry>,
    default_format: Option<String>,
    formats: Formats,
}

impl Registry {
    /// Everything annotated in this binary, whichever crate it is in.
    #[must_use]
    pub fn linked() -> Self {
        let mut registry = Self {
            events: inventory::iter::<EventEntry>().copied().collect(),
            aggregates: inventory::iter::<AggregateEntry>().copied().collect(),
            commands: inventory::iter::<CommandEntry>().copied().collect(),
            handlers: inventory::iter::<HandlersEntry>().copied().collect(),
            functions: inventory::iter::<FunctionEntry>().copied().collect(),
            declared_defaults: inventory::iter::<DefaultFormatEntry>().copied().collect(),
            codecs: inventory::iter::<CodecEntry>()
                .map(|entry| Registered {
                    codec: Arc::new(entry.codec),
                    location: entry.location,
                })
                .collect(),
            ..Self::default()
        };
        registry.sort();
        registry
    }

    /// A registry built by hand: for tests, for several applications in one binary, and for generic types.
    ///
    /// ```
    /// use mink_runtime::registry::Registry;
    ///
    /// let registry = Registry::by_hand().build();
    /// assert!(registry.is_empty());
    /// ```
    #[must_use]
    pub fn by_hand() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    fn sort(&mut self) {
        self.events
            .sort_by_key(|entry| (entry.name, entry.location));
        self.aggregates
            .sort_by_key(|entry| (entry.name, entry.location));
        self.commands
            .sort_by_key(|entry| (entry.name, entry.location));
        self.handlers
            .sort_by_key(|entry| (entry.aggregate, entry.location));
        self.functions
            .sort_by_key(|entry| (entry.name, entry.location));
        self.codecs
            .sort_by_key(|entry| (entry.codec.name(), entry.location));
        self.declared_defaults
            .sort_by_key(|entry| (entry.format, entry.location));
        self.formats = formats::formats(self);
    }

    /// With a codec more, declared at `location`.
    #[must_use]
    pub fn with_codec(mut self, codec: Arc<dyn Codec>, location: Location) -> Self {
        self.codecs.push(Registered { codec, location });
        self.sort();
        self
    }

    /// With another format for events that name none than the one that is declared. JSON unless said otherwise.
    #[must_use]
    pub fn with_default_format(mut self, name: impl Into<String>) -> Self {
        self.default_format = Some(name.into());
        self.sort();
        self
    }

    /// The format of events that name none, known or not; `None` when nobody said.
    #[must_use]
    pub fn default_format(&self) -> Option<&str> {
        let said = self.default_format.as_deref();
        said.or_else(|| self.declared_default().map(|(format, _)| format))
    }

    /// The format that the program declares for events that name none, and where.
    #[must_use]
    pub fn declared_default(&self) -> Option<(&'static str, Location)> {
        let first = self.declared_defaults.first()?;
        Some((first.format, first.location))
    }

    /// The formats that events are written in and read from.
    #[must_use]
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// Whether nothing is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.aggregates.is_empty() && self.commands.is_empty()
    }

    /// The declared events, by stored name.
    #[must_use]
    pub fn events(&self) -> &[EventEntry] {
        &self.events
    }

    /// The declared aggregates, by name.
    #[must_use]
    pub fn aggregates(&self) -> &[AggregateEntry] {
        &self.aggregates
    }

    /// The declared commands, by name.
    #[must_use]
    pub fn commands(&self) -> &[CommandEntry] {
        &self.commands
    }

    /// The blocks of methods, by aggregate.
    #[must_use]
    pub fn handlers(&self) -> &[HandlersEntry] {
        &self.handlers
    }

    /// The free-standing handlers, by name.
    #[must_use]
    pub fn functions(&self) -> &[FunctionEntry] {
        &self.functions
    }

    /// The event of this stored name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&EventEntry> {
        let at = self
            .events
            .binary_search_by(|entry| entry.name.cmp(name))
            .ok()?;
        self.events.get(at)
    }

    /// Checks all declarations against each other.
    ///
    /// # Errors
    /// Every fault there is, together.
    pub fn verify(&self) -> Result<(), RegistryFaults> {
        let faults = faults::find(self);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(RegistryFaults { faults })
        }
    }

    fn command_by_type(&self, id: TypeId) -> Option<&CommandEntry> {
        self.commands.iter().find(|entry| (entry.type_id)() == id)
    }
}

/// Collects declarations by hand. Each call names one; its place in the source is the caller's.
#[derive(Default)]
pub struct RegistryBuilder {
    registry: Registry,
}

impl RegistryBuilder {
    /// Declares an event.
    #[must_use]
    #[track_caller]
    pub fn event<E: Event>(mut self) -> Self {
        self.registry.events.push(EventEntry::of::<E>(caller()));
        self
    }

    /// Declares a codec, for events that are written in a format of the author's own.
    #[must_use]
    #[track_caller]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.registry.codecs.push(Registered {
            codec: Arc::new(codec),
            location: caller(),
        });
        self
    }

    /// Declares the format of events that name none, as `mink::default_format!` does.
    #[must_use]
    #[track_caller]
    pub fn default_format(mut self, format: &'static str) -> Self {
        let entry = DefaultFormatEntry::new(format, caller());
        self.registry.declared_defaults.push(entry);
        self
    }

    /// Declares a command.
    #[must_use]
    #[track_caller]
    pub fn command<C: Command>(mut self) -> Self {
        self.registry.commands.push(CommandEntry::of::<C>(caller()));
        self
    }

    /// Declares an aggregate and its methods.
    #[must_use]
    #[track_caller]
    pub fn aggregate<A: Aggregate + AggregateHandlers>(mut self) -> Self {
        self.registry
            .aggregates
            .push(AggregateEntry::of::<A>(caller()));
        self.registry
            .handlers
            .push(HandlersEntry::of::<A>(caller()));
        self
    }

    /// Declares the free-standing handler `H` of the command `C`: `.handler::<Greet, _>()`.
    #[must_use]
    #[track_caller]
    pub fn handler<C: HandledBy<H>, H: Handler<C>>(mut self) -> Self {
        self.registry
            .functions
            .push(FunctionEntry::of::<C, H>(caller()));
        self
    }

    /// The registry. Not verified: opening an application does that.
    #[must_use]
    pub fn build(mut self) -> Registry {
        self.registry.sort();
        self.registry
    }
}

#[track_caller]
fn caller() -> Location {
    let caller = Caller::caller();
    Location::new(caller.file(), caller.line())
}
