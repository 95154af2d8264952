use futures_util::future::BoxFuture;

use super::MemoryStore;
use crate::storage::{Lifecycle, LifecycleError, StreamChange, StreamChanged};

impl Lifecycle for MemoryStore {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        Box::pin(async move { self.write(|data| data.change_stream(change))? })
    }
}
