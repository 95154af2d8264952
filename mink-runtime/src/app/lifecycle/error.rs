use crate::app::BatchError;
use crate::archive::ArchiveError;
use crate::id::StreamId;
use crate::pipeline::DecodeError;
use crate::repository::LoadError;
use crate::storage::{LifecycleError, StorageError};

/// Why an aggregate's stream was not changed, or not to the end.
///
/// What takes several steps is whole after each of them: asked for again, it goes on where it stopped.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// Nothing ever happened to the aggregate.
    #[error("there is no {aggregate} `{id}`")]
    NotFound {
        /// The aggregate's name.
        aggregate: &'static str,
        /// The id asked for.
        id: String,
    },
    /// The store refused the change, or could not do it.
    #[error(transparent)]
    Change(#[from] LifecycleError),
    /// The archive refused, or could not do it.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A summary does not stand for what it is to replace. Nothing was appended.
    #[error(
        "`{event_type}` does not stand for `{stream}` at version {version}: the method that evolves from it must make the same state from nothing and from the state itself. Let it set every field rather than add to any, and the event carry them all"
    )]
    NotASummary {
        /// Which aggregate.
        stream: StreamId,
        /// The version of the state.
        version: u64,
        /// The stored name of the summary's type.
        event_type: &'static str,
    },
    /// The summary could not be appended.
    #[error(transparent)]
    Append(#[from] BatchError),
    /// The aggregate could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The summary, as it would be stored, cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The store could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
