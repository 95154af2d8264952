//! How a command finds whoever handles it: at compile time for a value, by name for JSON.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    Accepted, CommandFault, CommandRequest, CommandResponse, Core, Receipt, Rejection, decide,
    serve,
};
use crate::aggregate::{Aggregate, DomainError, Handles};
use crate::command::{Command, Reply, Routed, Rules};
use crate::handler::{HandledBy, Handler, Outcome};

/// A command as the layers carry it.
pub(super) type Payload = dyn Any + Send + Sync;

/// A command that somebody handles: an aggregate that it is addressed to, or a free-standing handler.
///
/// `To` is [`ToAggregate`] or [`ToHandler`], and the compiler finds it: each command has one handler. Implemented for
/// every command with one; nobody implements it by hand.
#[diagnostic::on_unimplemented(
    message = "nobody handles the command `{Self}`",
    label = "no aggregate and no function handles this",
    note = "write a method that takes `{Self}` by value in the `#[handlers] impl` block of an aggregate, `fn name(&self, command: {Self}) -> ...`, or a function with `#[handler]`: `async fn name(command: {Self}, ...) -> ...`"
)]
pub trait Dispatchable<To>: Command {
    /// What whoever dispatches it gets: the [`Receipt`] of an aggregate, or the reply of a free-standing handler.
    type Answer: Send + 'static;
    /// The domain's own error.
    type Error: std::error::Error + Send + Sync + 'static;
    /// How it gets there.
    const ROUTE: &'static Route;

    /// What the layers let through, as it was; `None` when it is not this command's.
    fn answer(accepted: Accepted) -> Option<Self::Answer>;
}

/// The way to the aggregate `A`.
pub struct ToAggregate<A>(PhantomData<A>);

/// The way to the free-standing handler `H`.
pub struct ToHandler<H>(PhantomData<H>);

#[diagnostic::do_not_recommend]
impl<C, A> Dispatchable<ToAggregate<A>> for C
where
    C: Routed<A>,
    A: Handles<C>,
{
    type Answer = Receipt<A, A::Reply>;
    type Error = A::Error;
    const ROUTE: &'static Route = &Route {
        target: Target::Aggregate(<A as Aggregate>::NAME),
        aggregate_id: |payload| typed::<C>(payload).map(Command::aggregate_id),
        run: |core, request| Box::pin(decide::run::<C, A>(core, request)),
        ..Route::of::<C>()
    };

    fn answer(accepted: Accepted) -> Option<Self::Answer> {
        accepted.into_answer()
    }
}

#[diagnostic::do_not_recommend]
impl<C, H> Dispatchable<ToHandler<H>> for C
where
    C: HandledBy<H>,
    H: Handler<C>,
    H::Returned: Outcome,
{
    type Answer = <H::Returned as Outcome>::Reply;
    type Error = <H::Returned as Outcome>::Error;
    const ROUTE: &'static Route = &Route {
        target: Target::Handler(H::NAME),
        run: |core, request| Box::pin(serve::run::<C, H>(core, request)),
        ..Route::of::<C>()
    };

    fn answer(accepted: Accepted) -> Option<Self::Answer> {
        accepted
            .into_answer::<serve::Replied<Self::Answer>>()
            .map(|replied| replied.0)
    }
}

/// Who handles a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The aggregate of this name.
    Aggregate(&'static str),
    /// The free-standing handler of this name.
    Handler(&'static str),
}

impl Target {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aggregate(name) | Self::Handler(name) => name,
        }
    }
}

type Run =
    fn(Arc<Core>, CommandRequest) -> BoxFuture<'static, Result<CommandResponse, CommandFault>>;

/// What the bus has to know of a command type: a table that is made at compile time.
pub struct Route {
    pub(super) command: &'static str,
    pub(super) encrypted: &'static [&'static str],
    pub(super) target: Target,
    pub(super) type_id: fn() -> TypeId,
    pub(super) aggregate_id: fn(&Payload) -> Option<Cow<'_, str>>,
    pub(super) json: Option<PayloadJson>,
    pub(super) idempotency_key: fn(&Payload) -> Option<Cow<'_, str>>,
    pub(super) replay_errors: bool,
    pub(super) validate: Option<Rules<Payload>>,
    pub(super) run: Run,
}

#[derive(Clone, Copy)]
pub(super) struct PayloadJson {
    pub(super) write: fn(&Payload) -> Result<Vec<u8>, serde_json::Error>,
    pub(super) read: fn(&[u8]) -> Result<Arc<Payload>, serde_json::Error>,
}

impl Route {
    const fn of<C: Command>() -> Self {
        Self {
            command: C::NAME,
            encrypted: C::ENCRYPTED,
            target: Target::Handler(""),
            type_id: TypeId::of::<C>,
            aggregate_id: |_| None,
            json: match C::JSON {
                Some(_) => Some(PayloadJson {
                    write: |payload| match (C::JSON, typed::<C>(payload)) {
                        (Some(json), Some(command)) => (json.write)(command),
                        _ => Err(not_this(C::NAME)),
                    },
                    read: |text| match C::JSON {
                        Some(json) => Ok(Arc::new((json.read)(text)?) as Arc<Payload>),
                        None => Err(not_this(C::NAME)),
                    },
                }),
                None => None,
            },
            idempotency_key: |payload| typed::<C>(payload).and_then(Command::idempotency_key),
            replay_errors: C::REPLAY_ERRORS,
            validate: match C::RULES {
                Some(_) => Some(|payload| match (C::RULES, typed::<C>(payload)) {
                    (Some(rules), Some(command)) => rules(command),
                    _ => Ok(()),
                }),
                None => None,
            },
            run: |_, request| {
                Box::pin(std::future::ready(Err(CommandFault::Misrouted {
                    command: request.name(),
                })))
            },
        }
    }
}

fn typed<C: Command>(payload: &Payload) -> Option<&C> {
    payload.downcast_ref()
}

fn not_this(command: &str) -> serde_json::Error {
    serde::ser::Error::custom(format!("this is no `{command}`"))
}

/// How a domain's error is written as JSON, and read back.
#[derive(Clone, Copy)]
pub struct ErrorJson {
    pub(super) write: fn(&(dyn std::error::Error + 'static)) -> Option<serde_json::Value>,
    pub(super) read: fn(serde_json::Value) -> Option<Rejection>,
}

impl ErrorJson {
    /// As the error's `Serialize` says.
    #[must_use]
    pub const fn of<E: DomainError + Serialize + DeserializeOwned>() -> Self {
        Self {
            write: |error| serde_json::to_value(error.downcast_ref::<E>()?).ok(),
            read: |value| Some(Rejection::new(serde_json::from_value::<E>(value).ok()?)),
        }
    }
}

/// A route for commands that come by name. `#[handlers]` and `#[handler]` submit one for each command; a program
/// written by hand adds its own with [`MinkBuilder::route`](crate::app::MinkBuilder::route).
#[derive(Clone, Copy)]
pub struct RouteEntry {
    pub(super) route: Option<&'static Route>,
    pub(super) error: Option<ErrorJson>,
}

impl RouteEntry {
    /// The route of commands of type `C`, and how their domain error is written when it can be.
    #[must_use]
    pub const fn of<C: Dispatchable<To>, To>(error: Option<ErrorJson>) -> Self {
        Self::new(Some(C::ROUTE), error)
    }

    /// The same with the parts that the compiler found.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(route: Option<&'static Route>, error: Option<ErrorJson>) -> Self {
        Self { route, error }
    }
}

inventory::collect!(RouteEntry);

/// What the reply of an answer looks like outside of the process.
pub(super) fn reply_json<R: Reply>(reply: &R) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(reply)
}
