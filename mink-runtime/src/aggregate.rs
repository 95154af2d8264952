//! Aggregates: state that decides commands and evolves from events.
//!
//! Three small traits, which `#[derive(Aggregate)]` and `#[handlers]` implement from the user's methods:
//! [`Applies`] (an event by reference evolves), [`Decides`] (a command by value decides) and
//! [`AggregateHandlers`] (the table of all that a stored event can do to the state). [`Handles`] follows from them.
//!
//! The small traits ask nothing of the types they name, so that each mistake is refused in one place only: where the
//! table is made.

mod decision;
mod events;
mod snapshot;

use std::future::Future;

pub use decision::{Agreement, Decided, Decision, DomainError, EventOf, IntoEvents, Replying};
pub use events::{AnyEvent, Events};
pub use snapshot::{SnapshotPolicy, SnapshotState, Snapshotted};

use crate::command::{CommandContext, MissingService, Reply, Routed};
use crate::event::Event;
use crate::pipeline::{self, DecodeError};
use crate::registry::Location;
use crate::storage::StoredEvent;

/// State that is rebuilt from its events. `#[derive(Aggregate)]` implements it.
///
/// It starts from `Default` and evolves; nothing else may change it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "add `#[derive(Aggregate, Default)]` to `{Self}`"
)]
pub trait Aggregate: Default + Send + Sync + 'static {
    /// The category of its streams: aggregate `Order` with id `1` lives in stream `Order-1`. The struct's name
    /// unless declared; holds no `-`.
    const NAME: &'static str;
    /// Whether it is kept in memory between dispatches, within the bounds that the application sets.
    const CACHE: bool = true;
    /// When snapshots of its state are kept; `None` keeps none. That of [`Snapshotted`], where it is implemented.
    const SNAPSHOTS: Option<SnapshotPolicy<Self>> = None;
}

/// The state evolves from the event `E`: synchronous, and it cannot fail, because the event has happened.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not evolve from the event `{E}`",
    label = "`{Self}` has no method for this event",
    note = "add `fn name(&mut self, event: &{E})` to the `#[handlers] impl {Self}` block"
)]
pub trait Applies<E> {
    /// Evolves the state.
    fn apply(&mut self, event: &E);
}

/// The method that decides commands of type `C`, as it is written: the events come out as the method returns them.
pub trait Decides<C> {
    /// What the method returns: a [`Decision`].
    type Decision;

    /// Calls the method.
    ///
    /// # Errors
    /// [`MissingService`] when the method takes a service that nobody provided.
    fn decide<'a>(
        &'a self,
        command: C,
        context: &'a CommandContext,
    ) -> impl Future<Output = Result<Self::Decision, MissingService>> + Send + 'a;
}

/// The aggregate decides commands of type `C`: it [`Decides`] them, and what it returns is a [`Decision`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the command `{C}`",
    label = "`{Self}` has no method for this command",
    note = "add `fn name(&self, command: {C}) -> ...` to the `#[handlers] impl {Self}` block"
)]
pub trait Handles<C>: AggregateHandlers {
    /// The domain's own error.
    type Error: std::error::Error + Send + Sync + 'static;
    /// What the caller is told besides the events; `()` for a method that gives no reply.
    type Reply: Reply;

    /// Decides: reads the state, returns events or refuses. Changes nothing.
    ///
    /// # Errors
    /// The domain's refusal, or a service that nobody provided.
    fn handle<'a>(
        &'a self,
        command: C,
        context: &'a CommandContext,
    ) -> impl Future<Output = Result<Decided<Self, Self::Reply>, Refusal<Self::Error>>> + Send + 'a;
}

impl<A, C> Handles<C> for A
where
    A: AggregateHandlers + Decides<C>,
    A::Decision: Decision<A>,
    <A::Decision as Decision<A>>::Error: DomainError,
    C: Send + 'static,
{
    type Error = <A::Decision as Decision<A>>::Error;
    type Reply = <A::Decision as Decision<A>>::Reply;

    async fn handle<'a>(
        &'a self,
        command: C,
        context: &'a CommandContext,
    ) -> Result<Decided<Self, Self::Reply>, Refusal<Self::Error>> {
        self.decide(command, context)
            .await?
            .into_decision()
            .map_err(Refusal::Domain)
    }
}

/// Why a decision gave no events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal<E> {
    /// The domain says no.
    #[error(transparent)]
    Domain(E),
    /// The method takes a service that nobody provided.
    #[error(transparent)]
    MissingService(#[from] MissingService),
}

/// All that a stored event can do to the state: the table that `#[handlers]` makes from the methods.
#[diagnostic::on_unimplemented(
    message = "the aggregate `{Self}` has no handlers",
    label = "no `#[handlers]` block",
    note = "write `#[handlers] impl {Self} {{ ... }}`, with a method for each event (`fn name(&mut self, event: &E)`) and each command (`fn name(&self, command: C) -> ...`)"
)]
pub trait AggregateHandlers: Aggregate {
    /// One entry per event that the aggregate evolves from.
    const EVOLVERS: &'static [Evolver<Self>];
    /// One entry per command that the aggregate decides.
    const DECIDERS: &'static [Decider];

    /// Evolves from a stored event by its stored name; `false` when the aggregate has no method for it.
    ///
    /// # Errors
    /// When the payload cannot be read as the event it says it is.
    fn evolve_stored<'a>(
        &mut self,
        event: impl Into<StoredEvent<'a>>,
    ) -> Result<bool, DecodeError> {
        let event = event.into();
        match Self::EVOLVERS
            .iter()
            .find(|evolver| evolver.name == event.event_type)
        {
            Some(evolver) => (evolver.apply)(self, event).map(|()| true),
            None => Ok(false),
        }
    }
}

/// How one event evolves an aggregate.
pub struct Evolver<A> {
    /// The event's stored name.
    pub name: &'static str,
    /// The version of the event's schema that this program knows.
    pub version: u32,
    /// The event's Rust type.
    pub type_id: fn() -> std::any::TypeId,
    /// Reads the payload and applies it.
    pub apply: fn(&mut A, StoredEvent<'_>) -> Result<(), DecodeError>,
    /// Reads the payload as an event of the aggregate.
    pub read: fn(StoredEvent<'_>) -> Result<AnyEvent<A>, DecodeError>,
    /// The method.
    pub location: Location,
}

impl<A> Evolver<A> {
    /// The entry for the event `E`, whose method is at `location`.
    #[must_use]
    pub const fn of<E: Event>(location: Location) -> Self
    where
        A: Applies<E>,
    {
        Self {
            name: E::NAME,
            version: E::VERSION,
            type_id: std::any::TypeId::of::<E>,
            apply: |aggregate, stored| {
                let event: E = pipeline::decode(stored)?;
                aggregate.apply(&event);
                Ok(())
            },
            read: |stored| Ok(AnyEvent::of(pipeline::decode::<E>(stored)?)),
            location,
        }
    }
}

/// What is known of the method that decides a command.
#[derive(Debug, Clone, Copy)]
pub struct Decider {
    /// The command's name.
    pub command: &'static str,
    /// The command's Rust type.
    pub command_type: fn() -> std::any::TypeId,
    /// The domain's own error type, for people.
    pub error: fn() -> &'static str,
    /// The services it takes.
    pub services: &'static [crate::command::ServiceNeed],
    /// The method.
    pub location: Location,
}

impl Decider {
    /// The entry for the command `C` of the aggregate `A`, whose method refuses with an `E`, takes `services` and is at
    /// `location`.
    #[must_use]
    pub const fn of<C: Routed<A>, A: Decides<C>, E: DomainError>(
        services: &'static [crate::command::ServiceNeed],
        location: Location,
    ) -> Self {
        Self {
            command: C::NAME,
            command_type: std::any::TypeId::of::<C>,
            error: std::any::type_name::<E>,
            services,
            location,
        }
    }
}
