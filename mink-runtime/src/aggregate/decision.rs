use std::convert::Infallible;

use super::{Aggregate, Applies, Events};
use crate::event::Event;

/// What can be turned into events of the aggregate `A`: one event, `()`, an `Option`, a `Vec`, a tuple, or
/// [`Events<A>`] for a mixed list.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be turned into events of `{A}`",
    label = "not events of `{A}`",
    note = "use one event, a tuple or `Vec` of events, an `Option` of these, `()`, or `Events<{A}>` for a mixed list"
)]
pub trait IntoEvents<A: Aggregate> {
    /// Adds them, in order.
    fn push_into(self, events: &mut Events<A>);
}

impl<A: Aggregate + Applies<E>, E: Event> IntoEvents<A> for E {
    fn push_into(self, events: &mut Events<A>) {
        events.push(self);
    }
}

impl<A: Aggregate> IntoEvents<A> for () {
    fn push_into(self, _: &mut Events<A>) {}
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn push_into(self, events: &mut Events<A>) {
        if let Some(inner) = self {
            inner.push_into(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn push_into(self, events: &mut Events<A>) {
        for inner in self {
            inner.push_into(events);
        }
    }
}

impl<A: Aggregate> IntoEvents<A> for Events<A> {
    fn push_into(self, events: &mut Events<A>) {
        events.append(self);
    }
}

macro_rules! tuples {
    ($(($($name:ident),+))*) => {$(
        impl<A: Aggregate, $($name: IntoEvents<A>),+> IntoEvents<A> for ($($name,)+) {
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
    label = "not events of `{A}`, nor a `Result` of them"
)]
pub trait Decision<A: Aggregate> {
    /// The domain's own error; [`Infallible`] for a method that always agrees.
    type Error;

    /// The events, or the domain's refusal.
    ///
    /// # Errors
    /// The domain's own.
    fn into_decision(self) -> Result<Events<A>, Self::Error>;
}

macro_rules! always_agree {
    ($(<$($name:ident $(: $bound:path)?),*> $ty:ty;)*) => {$(
        impl<A: Aggregate, $($name $(: $bound)?),*> Decision<A> for $ty
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
    <E: Event> E;
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

impl<A: Aggregate, T: IntoEvents<A>, E> Decision<A> for Result<T, E> {
    type Error = E;

    fn into_decision(self) -> Result<Events<A>, E> {
        self.map(Events::from_all)
    }
}
