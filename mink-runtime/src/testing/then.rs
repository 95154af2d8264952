use std::fmt::{Debug, Display};

use super::{Given, diff};
use crate::aggregate::{AggregateHandlers, Decided, Events, Handles, IntoEvents};
use crate::command::Routed;

/// What came of a command.
pub struct Then<A, E, R = ()> {
    pub(super) given: Given<A>,
    pub(super) command: &'static str,
    pub(super) outcome: Result<Decided<A, R>, E>,
}

impl<A: AggregateHandlers, E: Display, R> Then<A, E, R> {
    /// Exactly these events, in this order.
    ///
    /// # Panics
    /// Otherwise, with a diff of the stored forms.
    #[track_caller]
    #[allow(
        clippy::return_self_not_must_use,
        reason = "it is an assertion; going on is optional"
    )]
    pub fn then(self, expected: impl IntoEvents<A>) -> Self {
        let expected = Events::from_all(expected);
        match &self.outcome {
            Ok(decided) => {
                if let Some(diff) = diff::events(&expected, &decided.events) {
                    panic!(
                        "`{}` led to other events than expected:\n{diff}",
                        self.command
                    );
                }
            }
            Err(error) => panic!(
                "`{}` was refused: {error}\nexpected:\n{}",
                self.command,
                diff::list(&expected)
            ),
        }
        self
    }

    /// No events, and no refusal.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    #[allow(
        clippy::return_self_not_must_use,
        reason = "it is an assertion; going on is optional"
    )]
    pub fn then_nothing(self) -> Self {
        self.then(())
    }

    /// Exactly this reply besides the events.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    #[allow(
        clippy::return_self_not_must_use,
        reason = "it is an assertion; going on is optional"
    )]
    pub fn then_reply(self, expected: R) -> Self
    where
        R: PartialEq + Debug,
    {
        match &self.outcome {
            Ok(decided) if decided.reply == expected => self,
            Ok(decided) => panic!(
                "`{}` was answered with another reply\n  expected: {expected:?}\n       got: {:?}",
                self.command, decided.reply
            ),
            Err(error) => panic!("`{}` was refused: {error}", self.command),
        }
    }

    /// Exactly this refusal.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    #[allow(
        clippy::return_self_not_must_use,
        reason = "it is an assertion; going on is optional"
    )]
    pub fn then_error(self, expected: E) -> Self
    where
        E: PartialEq + Debug,
    {
        match &self.outcome {
            Err(error) if *error == expected => self,
            Err(error) => panic!(
                "`{}` was refused with another error\n  expected: {expected:?}\n       got: {error:?}",
                self.command
            ),
            Ok(decided) => self.not_refused(&format!("{expected:?}"), &decided.events),
        }
    }

    /// A refusal that `is_it` recognises, for errors that cannot be compared.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    #[allow(
        clippy::return_self_not_must_use,
        reason = "it is an assertion; going on is optional"
    )]
    pub fn then_error_matches(self, is_it: impl FnOnce(&E) -> bool) -> Self {
        match &self.outcome {
            Err(error) if is_it(error) => self,
            Err(error) => panic!("`{}` was refused with another error: {error}", self.command),
            Ok(decided) => self.not_refused("a refusal", &decided.events),
        }
    }

    /// Looks at the state after the command.
    #[allow(
        clippy::return_self_not_must_use,
        reason = "it is an assertion; going on is optional"
    )]
    pub fn then_state(self, look: impl FnOnce(&A)) -> Self {
        look(&self.given.state);
        self
    }

    /// The next command, on the state that this one left.
    #[track_caller]
    pub fn when<C>(self, command: C) -> Then<A, <A as Handles<C>>::Error, <A as Handles<C>>::Reply>
    where
        C: Routed<A>,
        A: Handles<C>,
    {
        self.given.when(command)
    }

    #[track_caller]
    fn not_refused(&self, expected: &str, events: &Events<A>) -> ! {
        panic!(
            "`{}` was accepted\n  expected: {expected}\n  got {} event(s):\n{}",
            self.command,
            events.len(),
            diff::list(events)
        )
    }
}
