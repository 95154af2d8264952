//! What generated code names. Not part of the public interface.

use std::marker::PhantomData;

pub use std::borrow::Cow;

pub use mink_runtime::inventory;
pub use {serde, serde_json};

use crate::aggregate::{DomainError, IntoEvents};
use crate::bus::{Dispatchable, ErrorJson, Route};
use crate::command::{Command, Reply, Routed, Rules, Validate};
use crate::handler::Outcome;

/// Compiles when commands of type `C` are decided by the aggregate `A`.
pub const fn routed<C: Routed<A>, A>() {}

/// Compiles when a `T` turns into events of the aggregate `A`.
pub const fn turns_into_events<T: IntoEvents<A>, A>() {}

/// Compiles when an `R` can be a reply.
pub const fn is_a_reply<R: Reply>() {}

/// Compiles when a free-standing handler can return a `T`.
pub const fn is_an_outcome<T: Outcome>() {}

/// Compiles when a command can be refused with an `E`.
pub const fn is_a_domain_error<E: DomainError>() {}

/// Compiles when a command says which aggregate it is for: `why` is [`Command::NO_ID`].
#[track_caller]
pub const fn addressed(why: Option<&'static str>) {
    if let Some(why) = why {
        panic!("{}", why);
    }
}

/// Compiles when the refusals of a command are not to be kept, or can be.
#[track_caller]
pub const fn refusals_are_kept(
    replay_errors: bool,
    json: Option<ErrorJson>,
    never: bool,
    because: &'static str,
    because_never: &'static str,
) {
    if replay_errors && never {
        panic!("{}", because_never);
    }
    if replay_errors && json.is_none() {
        panic!("{}", because);
    }
}

/// Finds at compile time why a command is for no aggregate, and says nothing of what is no command: that is an error
/// elsewhere.
pub struct IdProbe<C>(PhantomData<C>);

impl<C: Command> IdProbe<C> {
    /// Why it is for none.
    pub const NO_ID: Option<&'static str> = C::NO_ID;
    /// Whether its refusals are kept.
    pub const REPLAY_ERRORS: bool = C::REPLAY_ERRORS;
}

/// What holds when [`IdProbe`] finds no command.
pub trait NoCommand {
    /// Nothing to say.
    const NO_ID: Option<&'static str> = None;
    /// Nothing to keep.
    const REPLAY_ERRORS: bool = false;
}

impl<C> NoCommand for IdProbe<C> {}

/// Finds at compile time whether a command has a route, and says nothing when it has none: that is an error elsewhere.
pub struct Probe<C, To>(PhantomData<(C, To)>);

impl<C: Dispatchable<To>, To> Probe<C, To> {
    /// The route.
    pub const ROUTE: Option<&'static Route> = Some(C::ROUTE);
}

/// What holds when [`Probe`] finds no route.
pub trait NoRoute {
    /// None.
    const ROUTE: Option<&'static Route> = None;
}

impl<C, To> NoRoute for Probe<C, To> {}

/// Finds at compile time whether an error can be written as JSON.
pub struct ErrorProbe<E>(PhantomData<E>);

impl<E: DomainError + serde::Serialize + serde::de::DeserializeOwned> ErrorProbe<E> {
    /// How.
    pub const JSON: Option<ErrorJson> = Some(ErrorJson::of::<E>());
}

impl ErrorProbe<std::convert::Infallible> {
    /// There is no such error.
    pub const NEVER: bool = true;
}

/// What holds when [`ErrorProbe`] finds no way.
pub trait NoErrorJson {
    /// None.
    const JSON: Option<ErrorJson> = None;
    /// There may be such an error.
    const NEVER: bool = false;
}

impl<E> NoErrorJson for ErrorProbe<E> {}

/// Finds at compile time whether a command has rules.
pub struct RulesProbe<C>(PhantomData<C>);

impl<C: Validate> RulesProbe<C> {
    /// Them.
    pub const RULES: Option<Rules<C>> = Some(C::validate);
}

/// What holds when [`RulesProbe`] finds no rules.
pub trait NoRules<C> {
    /// None.
    const RULES: Option<Rules<C>> = None;
}

impl<C> NoRules<C> for RulesProbe<C> {}

/// Compiles when the rules that stand on a command's fields are checked.
pub const fn rules_are_checked<C: Validate>() {}
