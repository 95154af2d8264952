mod kind;

use std::sync::Arc;
use std::time::Duration;

use tower::BoxError;

use super::{CommandResponse, Effect, Progress};
use crate::command::{MissingService, ValidationErrors};
use crate::id::StreamId;
use crate::pipeline::EncodeError;
use crate::repository::LoadError;
use crate::storage::{CommitError, ConcurrencyConflict, KeyDigest, Source, StorageError};

/// What kept a command from being handled, or its answer from arriving: the infrastructure's doing, never the domain's.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CommandFault {
    /// Other writers were first in every attempt.
    #[error("gave up after every attempt met another writer: {0}")]
    Contended(#[from] ConcurrencyConflict),
    /// The aggregate could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An event could not be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The commit failed. After [`CommitError::OutcomeUnknown`] it may have happened.
    #[error(transparent)]
    Commit(CommitError),
    /// The handler takes a service that nobody provided.
    #[error(transparent)]
    MissingService(#[from] MissingService),
    /// The application is shutting down, or has.
    #[error("the application is closed: `{command}` was not handled")]
    Closed {
        /// The command.
        command: &'static str,
    },
    /// No answer came in the time that the caller gave.
    #[error("no answer to `{command}` within {after:?}; {effect}")]
    TimedOut {
        /// The command.
        command: &'static str,
        /// The time that the caller gave.
        after: Duration,
        /// What is known of its effect.
        effect: Effect,
    },
    /// The caller cancelled it before its own commit was submitted to the store.
    #[error("`{command}` was cancelled; {effect}")]
    Cancelled {
        /// The command.
        command: &'static str,
        /// What is known of its effect.
        effect: Effect,
    },
    /// The handler panicked. What it said is in the program's log, and nothing of the command is here.
    #[error("the handler of `{command}` panicked; {effect}")]
    Panicked {
        /// The command.
        command: &'static str,
        /// What is known of its effect.
        effect: Effect,
    },
    /// A command was given to the session of another aggregate than the one it is addressed to.
    #[error(
        "`{command}` is addressed to `{addressee}`, and this is the session of `{session}`: open a session for it"
    )]
    OtherAggregate {
        /// The command.
        command: &'static str,
        /// The id that the command is addressed to.
        addressee: String,
        /// The stream of the session's aggregate.
        session: StreamId,
    },
    /// The idempotency key came with another command, or another payload, the first time.
    #[error(
        "`{command}` has the idempotency key of another command (key {key}): a key stands for one command and one payload, give this one a key of its own"
    )]
    KeyReused {
        /// The command.
        command: &'static str,
        /// The key.
        key: KeyDigest,
    },
    /// Another process works under the same idempotency key, and did not end in time.
    #[error(
        "`{command}` is being handled under the same idempotency key (key {key}) by another process: send it again to get the answer"
    )]
    KeyHeld {
        /// The command.
        command: &'static str,
        /// The key.
        key: KeyDigest,
    },
    /// The idempotency key has no characters.
    #[error("the idempotency key of `{command}` is empty: leave it out, or give it a text")]
    EmptyKey {
        /// The command.
        command: &'static str,
    },
    /// A command that is never stored has an idempotency key: it could not be told from another one with the same key.
    #[error(
        "`{command}` is declared `local`, so it cannot have an idempotency key: remove `local` from its `#[command]`, or the key"
    )]
    KeyOfLocal {
        /// The command.
        command: &'static str,
    },
    /// The command, its reply or its error cannot be written as JSON, which keeping its answer asks for.
    #[error("`{command}` has an idempotency key and cannot be written as JSON: {reason}")]
    Fingerprint {
        /// The command.
        command: &'static str,
        /// What is wrong, without any value.
        reason: String,
    },
    /// Refusals are to be kept under the idempotency key, and the domain's error cannot be.
    #[error(
        "refusals of `{command}` are to be replayed, and its error cannot be kept: derive `serde::Serialize` and `serde::Deserialize` for the error, or leave `replay_errors` out"
    )]
    UnkeptError {
        /// The command.
        command: &'static str,
    },
    /// The answer that is kept under the key cannot be read: another version of the program wrote it. The command has
    /// ended, and is not handled again.
    #[error("`{command}` has ended already, and its answer cannot be read: {reason}")]
    UnreadableAnswer {
        /// The command.
        command: &'static str,
        /// What does not fit, without any value.
        reason: String,
    },
    /// The store failed to say what is kept under the idempotency key. The command was not handled.
    #[error("the idempotency key could not be looked up: {0}")]
    Key(StorageError),
    /// A layer answered in the handler's place with another type than the handler's.
    #[error(
        "a layer answered `{command}` with what is not its answer: a layer passes on what it got"
    )]
    Misrouted {
        /// The command.
        command: &'static str,
    },
    /// Fields break rules that the command declares.
    #[error("`{command}` is not valid: {errors}")]
    Invalid {
        /// The command.
        command: &'static str,
        /// The broken rules, by field.
        errors: ValidationErrors,
    },
    /// The command has no tenant, and the application asks for one.
    #[error(
        "`{command}` has no tenant: dispatch it through a handle of the tenant's, `app.tenant(..)`"
    )]
    NoTenant {
        /// The command.
        command: &'static str,
    },
    /// The command comes with another tenant than its caller's.
    #[error("`{command}` was dispatched for another tenant than its caller's")]
    OtherTenant {
        /// The command.
        command: &'static str,
    },
    /// There were more commands than agreed.
    #[error("too many commands: try `{command}` again in {retry_after:?}")]
    RateLimited {
        /// The command.
        command: &'static str,
        /// When it may come again at the earliest.
        retry_after: Duration,
    },
    /// The store was down when commands before this one came, and is left alone for a while.
    #[error("`{command}` was not tried, since the store is down: try again in {retry_after:?}")]
    CircuitOpen {
        /// The command.
        command: &'static str,
        /// When it may come again at the earliest.
        retry_after: Duration,
    },
    /// The command has ended, and its audit failed.
    #[error("`{command}` {ended}, and could not be audited: {reason}; {effect}")]
    Unaudited {
        /// The command.
        command: &'static str,
        /// Why.
        reason: Source,
        /// What is known of the command's effect.
        effect: Effect,
        /// How it ended.
        ended: Box<Ended>,
    },
    /// A layer that mink does not know failed.
    #[error("a layer failed: {source}; {effect}")]
    Layer {
        /// What it said.
        source: Source,
        /// What is known of the command's effect.
        effect: Effect,
    },
}

/// How a command ended whose audit failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Ended {
    /// It was handled.
    Accepted,
    /// The domain said no. Its own error can be had with `downcast_ref`.
    Rejected(Source),
    /// The infrastructure could not do it.
    Failed(CommandFault),
}

impl From<Result<CommandResponse, CommandFault>> for Ended {
    fn from(answer: Result<CommandResponse, CommandFault>) -> Self {
        match answer {
            Ok(CommandResponse::Accepted(_)) => Self::Accepted,
            Ok(CommandResponse::Rejected(rejection)) => {
                Self::Rejected(Arc::from(rejection.into_boxed()))
            }
            Err(fault) => Self::Failed(fault),
        }
    }
}

/// What the domain said is not in the text: it may quote what the command holds.
impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accepted => f.write_str("was accepted"),
            Self::Rejected(_) => f.write_str("was rejected"),
            Self::Failed(fault) => write!(f, "failed ({fault})"),
        }
    }
}

impl CommandFault {
    /// Whether the same command may succeed when it is dispatched again a little later. Never where it may have taken
    /// effect already: that would be twice.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Contended(_) => true,
            Self::Commit(error) => error.is_transient() && !self.may_have_happened(),
            Self::Load(LoadError::Storage(error)) | Self::Key(error) => {
                matches!(error, StorageError::Unavailable { .. })
            }
            Self::KeyHeld { .. } => true,
            _ => false,
        }
    }

    /// Whether the command may have taken effect all the same.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            // of a free-standing handler, which has run by then
            Self::Commit(CommitError::ReservationLost) => true,
            Self::Commit(error) => matches!(error, CommitError::OutcomeUnknown { .. }),
            Self::UnreadableAnswer { .. } => true,
            Self::TimedOut { effect, .. }
            | Self::Cancelled { effect, .. }
            | Self::Panicked { effect, .. }
            | Self::Unaudited { effect, .. }
            | Self::Layer { effect, .. } => effect.may_have_happened(),
            _ => false,
        }
    }

    /// The fault that an error of a layer is: itself, or the one that it was made from, or else
    /// [`Layer`](Self::Layer).
    #[must_use]
    pub fn of(error: BoxError) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(fault) => return *fault,
            Err(error) => error,
        };
        let mut source = error.source();
        while let Some(inner) = source {
            if let Some(fault) = inner.downcast_ref::<Self>() {
                return fault.clone();
            }
            source = inner.source();
        }
        Self::Layer {
            source: Arc::from(error),
            effect: Effect::None,
        }
    }

    /// With what is known of the effect, where a layer could not know.
    pub(super) fn seen_from_outside(self, progress: &Progress) -> Self {
        match self {
            Self::Layer { source, .. } => Self::Layer {
                source,
                effect: progress.effect(),
            },
            fault => fault,
        }
    }
}

impl From<BoxError> for CommandFault {
    fn from(error: BoxError) -> Self {
        Self::of(error)
    }
}

impl From<CommitError> for CommandFault {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(conflict) => Self::Contended(conflict),
            error => Self::Commit(error),
        }
    }
}

impl From<crate::id::InvalidName> for CommandFault {
    fn from(error: crate::id::InvalidName) -> Self {
        Self::Load(error.into())
    }
}
