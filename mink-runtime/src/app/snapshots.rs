use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Mink;
use crate::aggregate::{AggregateHandlers, Snapshotted};
use crate::id::AggregateId;
use crate::id::StreamId;
use crate::repository::{LoadError, SnapshotError, SnapshotStats, SnapshotTaken};
use crate::storage::StorageError;

/// Snapshots: states that are kept beside their events, so that a load need not begin at the first one.
impl Mink {
    /// Takes a snapshot of an aggregate now.
    ///
    /// # Errors
    /// [`SnapshotError`]; the aggregate is as it was.
    // a future that does not name `A`: an aggregate without snapshots is one error, and not one for each use of it
    pub fn snapshot<A: AggregateHandlers + Snapshotted>(
        &self,
        id: impl AggregateId,
    ) -> BoxFuture<'_, Result<SnapshotTaken, SnapshotError>> {
        let id = id.id_text().into_owned();
        async move { self.repository().snapshot::<A>(&self.tenant, &id).await }.boxed()
    }

    /// Deletes the snapshot of an aggregate; tells whether there was one. Changes no answer.
    ///
    /// # Errors
    /// When the id cannot name a stream; the store's.
    pub async fn delete_snapshot<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
    ) -> Result<bool, LoadError> {
        let stream = StreamId::of(A::NAME, &id.id_text())?;
        let deleted = self
            .storage()
            .delete_snapshots(&self.tenant, Some(&stream))
            .await?;
        Ok(deleted > 0)
    }

    /// Deletes every snapshot of this tenant; tells how many there were. Changes no answer.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_all_snapshots(&self) -> Result<u64, StorageError> {
        self.storage().delete_snapshots(&self.tenant, None).await
    }

    /// What became of snapshots since the application was opened.
    #[must_use]
    pub fn snapshot_stats(&self) -> SnapshotStats {
        self.repository().snapshot_stats()
    }
}
