use futures_util::future::BoxFuture;

use super::MemoryStore;
use crate::id::{StreamId, TenantId};
use crate::storage::{Fingerprint, Snapshot, SnapshotPage, Snapshots, StorageError, StreamQuery};

impl Snapshots for MemoryStore {
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        Box::pin(async move {
            self.read(|data| data.read_from_snapshot(query, fingerprint))??
                .ok_or_else(|| StorageError::StreamNotFound {
                    stream: query.stream.clone(),
                })
        })
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move { self.write(|data| data.save_snapshot(snapshot)) })
    }

    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        Box::pin(async move { self.write(|data| data.delete_snapshots(tenant, stream)) })
    }
}
