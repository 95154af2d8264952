use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::storage::{Commit, CommitError, Committed, GroupCommit};

/// The waits between attempts at a store that cannot be reached.
pub(crate) fn waits(patience: Duration) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(1))
        .with_total_delay(Some(patience))
        .without_max_times()
        .with_jitter()
}

/// Submits one value until its outcome is known or patience ends.
///
/// Once an attempt ended without an answer, a later "could not be reached" no longer means that nothing was
/// written: the caller hears that the outcome is unknown.
pub(super) async fn settle(
    group: &GroupCommit,
    commit: Arc<Commit>,
    patience: Duration,
    retried: impl Fn(),
) -> Result<Committed, CommitError> {
    let unknown = AtomicBool::new(false);
    let settled = (|| async { group.submit(Arc::clone(&commit)).await })
        .retry(waits(patience))
        .when(|error| {
            if matches!(error, CommitError::OutcomeUnknown { .. }) {
                unknown.store(true, Ordering::Relaxed);
            }
            matches!(
                error,
                CommitError::OutcomeUnknown { .. } | CommitError::Unavailable { .. }
            )
        })
        .notify(|error, wait| {
            retried();
            tracing::warn!(commit = %commit.id, %error, ?wait, "submitting the same commit again");
        })
        .await;
    match settled {
        Err(
            error @ (CommitError::Unavailable { .. }
            | CommitError::Busy { .. }
            | CommitError::StorageFull
            | CommitError::ReadOnly { .. }
            | CommitError::Closed
            | CommitError::Other(_)),
        ) if unknown.load(Ordering::Relaxed) => Err(CommitError::OutcomeUnknown {
            reason: error.to_string(),
        }),
        settled => settled,
    }
}
