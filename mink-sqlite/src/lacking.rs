//! What this store does not offer yet, each answered with `Unsupported`.

use futures_util::future::BoxFuture;
use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{
    Fingerprint, Lifecycle, LifecycleError, Snapshot, SnapshotPage, Snapshots, StorageError,
    StreamChange, StreamChanged, StreamQuery,
};

use crate::store::SqliteStore;

impl SqliteStore {
    fn lacks<T>(&self, what: &'static str) -> Result<T, StorageError> {
        self.check_open()?;
        Err(StorageError::Unsupported { what })
    }
}

impl Snapshots for SqliteStore {
    fn read_from_snapshot<'a>(
        &'a self,
        _: &'a StreamQuery,
        _: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        Box::pin(async move { self.lacks("snapshots") })
    }

    fn save_snapshot<'a>(&'a self, _: &'a Snapshot) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move { self.lacks("snapshots") })
    }

    fn delete_snapshots<'a>(
        &'a self,
        _: &'a TenantId,
        _: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        Box::pin(async move { self.lacks("snapshots") })
    }
}

impl Lifecycle for SqliteStore {
    fn change_stream<'a>(
        &'a self,
        _: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        Box::pin(async move { Ok(self.lacks("changes of whole streams")?) })
    }
}
