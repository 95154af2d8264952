//! A command that is dispatched while another one is handled is caused by it.

use std::sync::Arc;

use uuid::Uuid;

use super::{CommandRequest, Progress};
use crate::metadata::Metadata;
use crate::repository::Repository;
use crate::storage::{Commit, CommitError, Committed};

tokio::task_local! {
    static HANDLING: Handling;
}

/// The command that is being handled.
#[derive(Clone)]
pub(crate) struct Handling {
    command_id: Uuid,
    metadata: Arc<Metadata>,
    progress: Progress,
    depth: usize,
}

impl Handling {
    /// Runs `future` as a part of the handling of `request`.
    pub(super) fn scope<F: Future>(
        request: &CommandRequest,
        future: F,
    ) -> impl Future<Output = F::Output> {
        let handling = Self {
            command_id: request.command_id,
            metadata: Arc::clone(&request.metadata),
            progress: request.progress.clone(),
            depth: request.depth,
        };
        HANDLING.scope(handling, future)
    }

    /// How many dispatches the caller is within; 0 outside of all.
    pub(super) fn depth() -> usize {
        HANDLING.try_with(|handling| handling.depth).unwrap_or(0)
    }

    /// Where the dispatch is that the caller is within.
    pub(super) fn progress() -> Option<Progress> {
        HANDLING.try_with(|handling| handling.progress.clone()).ok()
    }

    /// The depth of a dispatch made here, and its metadata: what it does not say is that of the command being handled,
    /// which is its cause.
    pub(super) fn extend(metadata: Metadata) -> (Metadata, usize) {
        HANDLING
            .try_with(|handling| (handling.fill(metadata.clone()), handling.depth + 1))
            .unwrap_or((metadata, 1))
    }

    fn fill(&self, mut metadata: Metadata) -> Metadata {
        let outer = &self.metadata;
        metadata
            .causation_id
            .get_or_insert_with(|| self.command_id.to_string());
        metadata.correlation_id = metadata
            .correlation_id
            .or_else(|| outer.correlation_id.clone())
            .or_else(|| Some(self.command_id.to_string()));
        metadata.user_id = metadata.user_id.or_else(|| outer.user_id.clone());
        metadata.trace = metadata.trace.or_else(|| outer.trace.clone());
        for (key, value) in &outer.custom {
            if !metadata.custom.contains_key(key) {
                metadata.custom.insert(key.clone(), value.clone());
            }
        }
        metadata
    }
}

/// Metadata for what is written here without a command of its own: within a handler, that of its command, which is the
/// cause.
pub(crate) fn inherited(metadata: Metadata) -> Metadata {
    Handling::extend(metadata).0
}

/// Commits what is written here without a command of its own. Within a handler, its dispatch has begun to take effect
/// from then on, for whoever gives up waiting for it.
pub(crate) async fn commit(
    repository: &Repository,
    commit: impl Into<Arc<Commit>> + Send,
) -> Result<Committed, CommitError> {
    if let Some(outer) = Handling::progress() {
        outer.begun();
    }
    repository.commit(commit).await
}
