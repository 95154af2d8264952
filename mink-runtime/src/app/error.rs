use super::{BatchError, ChangeError, OpenError};
use crate::archive::ArchiveError;
use crate::bus::{CommandFault, DispatchError, JsonDispatchError, StillRunning};
use crate::id::InvalidName;
use crate::pipeline::DecodeError;
use crate::repository::{LoadError, TimeTravelError};
use crate::storage::{CommitError, StorageError};

/// A result with mink's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong, for programs that only pass errors on with `?`.
///
/// Every call has an error type of its own that says more. Its `Debug` is its text, so that a `main` which returns it
/// prints something a person can read.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The application could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A command had no effect. The domain's own error is the source.
    #[error("{0}")]
    Dispatch(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A command that was sent as JSON had no effect.
    #[error(transparent)]
    Json(#[from] JsonDispatchError),
    /// Shutting down did not wait for every command.
    #[error(transparent)]
    StillRunning(#[from] StillRunning),
    /// An aggregate could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An aggregate's past could not be shown.
    #[error(transparent)]
    TimeTravel(#[from] TimeTravelError),
    /// Events could not be appended.
    #[error(transparent)]
    Append(#[from] BatchError),
    /// What was decided could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// An aggregate's stream could not be deleted, cut, archived or restored.
    #[error(transparent)]
    Lifecycle(#[from] ChangeError),
    /// An archive could not be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A stored event could not be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A name cannot be used.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl<E: std::error::Error + Send + Sync + 'static> From<DispatchError<E>> for Error {
    fn from(error: DispatchError<E>) -> Self {
        match error {
            DispatchError::Rejected(domain) => Self::Dispatch(Box::new(domain)),
            DispatchError::Failed(CommandFault::Load(load)) => Self::Load(load),
            other => Self::Dispatch(Box::new(other)),
        }
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
