use std::convert::Infallible;

use super::{Applies, Events};
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

/// What a deciding method may return: anything that [turns into events](IntoEvents), or a `Result` of it with the
/// domain's own error.
#[diagnostic::on_unimplemented(
    message = "a command's method cannot return `{Self}`",
    label = "neither events of `{A}` nor a `Result` of them",
    note = "a command's method returns one event, a tuple, `Vec` or `Option` of events, `()`, `Events<{A}>` for a mixed list, or a `Result` of these",
    note = "an event is a struct or an enum with `#[event]`, and `{A}` has a method `fn name(&mut self, event: &E)` for each"
)]
pub trait Decision<A> {
    /// The domain's own error; [`Infallible`] for a method that always agrees.
    type Error;

    /// The events, or the domain's refusal.
    ///
    /// # Errors
    /// The domain's own.
    fn into_decision(self) -> Result<Events<A>, Self::Error>;
}

impl<A, E: EventOf<A>> Decision<A> for E {
    type Error = Infallible;

    fn into_decision(self) -> Result<Events<A>, Infallible> {
        Ok(Events::from_all(self))
    }
}

macro_rules! always_agree {
    ($(<$($name:ident),*> $ty:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<A, $($name),*> Decision<A> for $ty
        where
            $ty: IntoEvents<A>,
        {
            type Error = Infallible;

            fn into_decision(self) -> Result<Events<A>, Infallible> {
                Ok(Events::from_all(self))
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
impl<A, T: IntoEvents<A>, E> Decision<A> for Result<T, E> {
    type Error = E;

    fn into_decision(self) -> Result<Events<A>, E> {
        self.map(Events::from_all)
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
