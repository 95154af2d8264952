use crate::command::MissingService;
use crate::id::StreamId;
use crate::pipeline::EncodeError;
use crate::repository::LoadError;
use crate::storage::{CommitError, ConcurrencyConflict};

/// Why a command had no effect, or, for an unknown outcome, why its effect is not known.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError<E> {
    /// The domain said no: its own error.
    #[error(transparent)]
    Rejected(E),
    /// Other writers were first in every attempt.
    #[error("gave up after every attempt met another writer: {0}")]
    Contended(#[from] ConcurrencyConflict),
    /// The aggregate could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An event could not be written as JSON.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The commit failed. [`CommitError::OutcomeUnknown`] is the only one after which it may have happened.
    #[error(transparent)]
    Commit(CommitError),
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
    /// The handler takes a service that nobody provided.
    #[error(transparent)]
    MissingService(#[from] MissingService),
}

impl<E> DispatchError<E> {
    /// The domain's own error, when that is what it is.
    pub fn rejection(&self) -> Option<&E> {
        match self {
            Self::Rejected(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the command may have taken effect all the same.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Commit(CommitError::OutcomeUnknown { .. }))
    }
}

impl<E> From<CommitError> for DispatchError<E> {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(conflict) => Self::Contended(conflict),
            error => Self::Commit(error),
        }
    }
}
