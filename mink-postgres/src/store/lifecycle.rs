use futures_util::future::BoxFuture;
use mink_runtime::storage::{Lifecycle, LifecycleError, StreamChange, StreamChanged};

use super::PostgresStore;

impl Lifecycle for PostgresStore {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        Box::pin(async move {
            self.check_open()?;
            let core = self.inner.core.clone();
            let owned = change.clone();
            // In a task of its own: dropping this future does not break off a transaction that is under way.
            let changing = tokio::spawn(async move { core.changer.change(&owned).await });
            changing.await.unwrap_or_else(|error| {
                Err(LifecycleError::OutcomeUnknown {
                    stream: change.stream.clone(),
                    reason: format!("the task that was writing ended: {error}"),
                })
            })
        })
    }
}
