use futures_util::future::BoxFuture;
use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{
    Fingerprint, Snapshot, SnapshotPage, Snapshots, StorageError, StreamQuery,
};

use super::PostgresStore;

impl Snapshots for PostgresStore {
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.snapshots.read(query, fingerprint).await
        })
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.snapshots.save(snapshot).await
        })
    }

    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.snapshots.delete(tenant, stream).await
        })
    }
}
