use futures_util::future::BoxFuture;
use mink_runtime::storage::{Lifecycle, LifecycleError, StreamChange, StreamChanged};

use super::PostgresStore;
use crate::finishing::{Finishing, Panicked};

impl Lifecycle for PostgresStore {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        Box::pin(async move {
            self.check_open()?;
            let core = self.inner.core.clone();
            let owned = change.clone();
            // Dropping this future does not break off a transaction that is under way.
            match Finishing::new(async move { core.changer.change(&owned).await }).await {
                Ok(changed) => changed,
                Err(Panicked) => Err(LifecycleError::OutcomeUnknown {
                    stream: change.stream.clone(),
                    reason: "the storage adapter panicked while it was writing".to_owned(),
                }),
            }
        })
    }
}
