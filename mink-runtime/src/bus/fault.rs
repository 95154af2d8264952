use std::sync::Arc;
use std::time::Duration;

use tower::BoxError;

use super::{Effect, Progress};
use crate::command::MissingService;
use crate::id::StreamId;
use crate::pipeline::EncodeError;
use crate::repository::LoadError;
use crate::storage::{CommitError, ConcurrencyConflict, Source, StorageError};

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
    /// The caller cancelled it before anything was submitted to the store.
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
    /// A layer answered in the handler's place with another type than the handler's.
    #[error(
        "a layer answered `{command}` with what is not its answer: a layer passes on what it got"
    )]
    Misrouted {
        /// The command.
        command: &'static str,
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

impl CommandFault {
    /// Whether the same command may succeed when it is dispatched again a little later. Never where it may have taken
    /// effect already: that would be twice.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Contended(_) => true,
            Self::Commit(error) => error.is_transient() && !self.may_have_happened(),
            Self::Load(LoadError::Storage(error)) => {
                matches!(error, StorageError::Unavailable { .. })
            }
            _ => false,
        }
    }

    /// Whether the command may have taken effect all the same.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Commit(error) => matches!(error, CommitError::OutcomeUnknown { .. }),
            Self::TimedOut { effect, .. }
            | Self::Cancelled { effect, .. }
            | Self::Panicked { effect, .. }
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
