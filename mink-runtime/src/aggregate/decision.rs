use std::convert::Infallible;

use super::{Applies, Events};
use crate::command::Reply;
use crate::event::Event;

/// What can be turned into events of the aggregate `A`: one event, `()`, an `Option`, a `Vec`, a tuple, or
/// [`Events<A>`] for a mixed list.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of `{A}`",
    label = "`{A}` does not evolve from this",
    note = "if it is an event: add `fn name(&mut self, event: &{Self})` to the `#[handlers] impl {A}` block, and `#[event]` to `{Self}` when it has none",
    note = "a command's method returns one event, a tuple, `Vec` or `Option` of events, `()`, `Events<{A}>` for a mixed list, or a `Result` of these"
)]
pub trait IntoEvents<A> {
    /// Adds them, in order.
    fn push_into(self, events: &mut Events<A>);
}

/// An event that the aggregate `A` evolves from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of `{A}`",
    label = "`{A}` does not evolve from this",
    note = "if it is an event: add `fn name(&mut self, event: &{Self})` to the `#[handlers] impl {A}` block, and `#[event]` to `{Self}` when it has none",
    note = "a command's method returns one event, a tuple, `Vec` or `Option` of events, `()`, `Events<{A}>` for a mixed list, or a `Result` of these"
)]
pub trait EventOf<A>: Event {
    /// Adds it behind the others.
    fn push_onto(self, events: &mut Events<A>);
}

#[diagnostic::do_not_recommend]
impl<A: Applies<E>, E: Event> EventOf<A> for E {
    fn push_onto(self, events: &mut Events<A>) {
        events.push(self);
    }
}

impl<A, E: EventOf<A>> IntoEvents<A> for E {
    fn push_into(self, events: &mut Events<A>) {
        self.push_onto(events);
    }
}

#[diagnostic::do_not_recommend]
impl<A> IntoEvents<A> for () {
    fn push_into(self, _: &mut Events<A>) {}
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn push_into(self, events: &mut Events<A>) {
        if let Some(inner) = self {
            inner.push_into(events);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn push_into(self, events: &mut Events<A>) {
        for inner in self {
            inner.push_into(events);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<A> IntoEvents<A> for Events<A> {
    fn push_into(self, events: &mut Events<A>) {
        events.append(self);
    }
}

macro_rules! tuples {
    ($(($($name:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<A, $($name: IntoEvents<A>),+> IntoEvents<A> for ($($name,)+) {
            fn push_into(self, events: &mut Events<A>) {
                #[allow(non_snake_case, reason = "type parameters name the places of the tuple")]
                let ($($name,)+) = self;
                $($name.push_into(events);)+
            }
        }
    )*};
}
tuples! {
    (T1) (T1, T2) (T1, T2, T3) (T1, T2, T3, T4) (T1, T2, T3, T4, T5) (T1, T2, T3, T4, T5, T6)
    (T1, T2, T3, T4, T5, T6, T7) (T1, T2, T3, T4, T5, T6, T7, T8)
}

/// What a decision comes to: events, and what the caller is told besides.
pub struct Decided<A, R = ()> {
    /// The events, in order.
    pub events: Events<A>,
    /// The reply; `()` for a method that gives none.
    pub reply: R,
}

/// Shows neither the events' fields nor the reply, which may be personal.
impl<A, R> std::fmt::Debug for Decided<A, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decided")
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// Events together with a reply to whoever sent the command: what a deciding method returns when the caller is to be
/// told more than the events say.
///
/// ```
/// # use mink_runtime::aggregate::Replying;
/// # struct Booked; struct BookingNumber(u32);
/// fn book() -> Replying<Booked, BookingNumber> {
///     Replying(Booked, BookingNumber(7))
/// }
/// # book();
/// ```
///
/// [`Receipt::reply`](crate::bus::Receipt::reply) has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replying<E, R>(
    /// One event, or anything else that a deciding method may return for events.
    pub E,
    /// The reply.
    pub R,
);

/// What a deciding method that agrees returns: anything that [turns into events](IntoEvents), alone or
/// [with a reply](Replying).
#[diagnostic::on_unimplemented(
    message = "a command's method cannot return `{Self}`",
    label = "neither events of `{A}` nor events with a reply",
    note = "a command's method returns one event, a tuple, `Vec` or `Option` of events, `()`, `Events<{A}>` for a mixed list, or a `Result` of these",
    note = "an event is a struct or an enum with `#[event]`, and `{A}` has a method `fn name(&mut self, event: &E)` for each"
)]
pub trait Agreement<A> {
    /// The reply; `()` when there is none.
    type Reply: Reply;

    /// Events and reply.
    fn into_decided(self) -> Decided<A, Self::Reply>;
}

/// What a deciding method may return: anything that [turns into events](IntoEvents), [with a reply](Replying) or
/// without, or a `Result` of it with the domain's own error.
#[diagnostic::on_unimplemented(
    message = "a command's method cannot return `{Self}`",
    label = "neither events of `{A}` nor a `Result` of them",
    note = "a command's method returns one event, a tuple, `Vec` or `Option` of events, `()`, `Events<{A}>` for a mixed list, or a `Result` of these",
    note = "an event is a struct or an enum with `#[event]`, and `{A}` has a method `fn name(&mut self, event: &E)` for each"
)]
pub trait Decision<A> {
    /// The reply; `()` when there is none.
    type Reply: Reply;
    /// The domain's own error; [`Infallible`] for a method that always agrees.
    type Error;

    /// Events and reply, or the domain's refusal.
    ///
    /// # Errors
    /// The domain's own.
    fn into_decision(self) -> Result<Decided<A, Self::Reply>, Self::Error>;
}

impl<A, E: EventOf<A>> Agreement<A> for E {
    type Reply = ();

    fn into_decided(self) -> Decided<A> {
        Decided::without_reply(self)
    }
}

impl<A, E: EventOf<A>> Decision<A> for E {
    type Reply = ();
    type Error = Infallible;

    fn into_decision(self) -> Result<Decided<A>, Infallible> {
        Ok(Decided::without_reply(self))
    }
}

impl<A> Decided<A> {
    fn without_reply(events: impl IntoEvents<A>) -> Self {
        Self {
            events: Events::from_all(events),
            reply: (),
        }
    }
}

macro_rules! always_agree {
    ($(<$($name:ident),*> $ty:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<A, $($name),*> Agreement<A> for $ty
        where
            $ty: IntoEvents<A>,
        {
            type Reply = ();

            fn into_decided(self) -> Decided<A> {
                Decided::without_reply(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<A, $($name),*> Decision<A> for $ty
        where
            $ty: IntoEvents<A>,
        {
            type Reply = ();
            type Error = Infallible;

            fn into_decision(self) -> Result<Decided<A>, Infallible> {
                Ok(Decided::without_reply(self))
            }
        }
    )*};
}
always_agree! {
    <> ();
    <T> Option<T>;
    <T> Vec<T>;
    <> Events<A>;
    <T1> (T1,);
    <T1, T2> (T1, T2);
    <T1, T2, T3> (T1, T2, T3);
    <T1, T2, T3, T4> (T1, T2, T3, T4);
    <T1, T2, T3, T4, T5> (T1, T2, T3, T4, T5);
    <T1, T2, T3, T4, T5, T6> (T1, T2, T3, T4, T5, T6);
    <T1, T2, T3, T4, T5, T6, T7> (T1, T2, T3, T4, T5, T6, T7);
    <T1, T2, T3, T4, T5, T6, T7, T8> (T1, T2, T3, T4, T5, T6, T7, T8);
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>, R: Reply> Agreement<A> for Replying<T, R> {
    type Reply = R;

    fn into_decided(self) -> Decided<A, R> {
        Decided {
            events: Events::from_all(self.0),
            reply: self.1,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>, R: Reply> Decision<A> for Replying<T, R> {
    type Reply = R;
    type Error = Infallible;

    fn into_decision(self) -> Result<Decided<A, R>, Infallible> {
        Ok(self.into_decided())
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: Agreement<A>, E> Decision<A> for Result<T, E> {
    type Reply = T::Reply;
    type Error = E;

    fn into_decision(self) -> Result<Decided<A, T::Reply>, E> {
        self.map(Agreement::into_decided)
    }
}

/// The domain's own error: what a command's method refuses with.
#[diagnostic::on_unimplemented(
    message = "a command cannot be refused with `{Self}`",
    label = "this is not an error type",
    note = "give the domain an error of its own: an enum that implements `std::error::Error`, is `Send` and `Sync`, and borrows nothing"
)]
pub trait DomainError: std::error::Error + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: std::error::Error + Send + Sync + 'static> DomainError for E {}
