//! An adapter around another one, and the suite that proves it.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

// ANCHOR: adapter
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::storage::{
    Commit, CommitError, Committed, FeedFilter, FeedPage, Fingerprint, KeyDigest, Keys, Lifecycle,
    LifecycleError, MemoryStore, NewReservation, RecordedEvent, Reservation, Snapshot,
    SnapshotPage, Snapshots, Storage, StorageError, StoredAnswer, StreamChange, StreamChanged,
    StreamInfo, StreamList, StreamPage, StreamQuery,
};
use uuid::Uuid;

/// Counts the commits that reach a store.
pub struct Counted<S> {
    inner: S,
    commits: AtomicU64,
}

impl<S: Storage> Counted<S> {
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            commits: AtomicU64::new(0),
        }
    }

    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

impl<S: Storage> Storage for Counted<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>> {
        self.commits
            .fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.inner.commit(batch)
    }

    fn read_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
    ) -> BoxFuture<'a, Result<StreamPage, StorageError>> {
        self.inner.read_stream(query)
    }

    fn read_streams<'a>(
        &'a self,
        queries: &'a [StreamQuery],
    ) -> BoxFuture<'a, Result<Vec<Option<StreamPage>>, StorageError>> {
        self.inner.read_streams(queries)
    }

    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>> {
        self.inner.read_feed(after, filter, limit)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>> {
        self.inner.head()
    }

    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>> {
        self.inner.event(tenant, id)
    }

    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>> {
        self.inner.position_of(tenant, id)
    }

    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>> {
        self.inner.stream_info(tenant, stream)
    }

    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>> {
        self.inner.list_streams(query)
    }

    fn feed_moved(&self) -> BoxFuture<'static, ()> {
        self.inner.feed_moved()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}
// ANCHOR_END: adapter

// ANCHOR: adapter_rest
impl<S: Storage> Keys for Counted<S> {
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>> {
        self.inner.reserve_key(reservation)
    }

    fn release_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        self.inner.release_key(tenant, key, owner)
    }

    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>> {
        self.inner.answer_of(tenant, key)
    }

    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>> {
        self.inner.sweep_keys(limit)
    }
}

impl<S: Storage> Snapshots for Counted<S> {
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        self.inner.read_from_snapshot(query, fingerprint)
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        self.inner.save_snapshot(snapshot)
    }

    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        self.inner.delete_snapshots(tenant, stream)
    }
}

impl<S: Storage> Lifecycle for Counted<S> {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        self.inner.change_stream(change)
    }
}
// ANCHOR_END: adapter_rest

// ANCHOR: driver
mink_runtime::inventory::submit! {
    mink_runtime::storage::Driver {
        schemes: &["counted"],
        open: |_url| {
            Box::pin(async {
                let store = Counted::new(MemoryStore::new());
                Ok(Arc::new(store) as Arc<dyn Storage>)
            })
        },
    }
}
// ANCHOR_END: driver

// ANCHOR: conformance
mod conformance {
    use super::*;
    use mink_runtime::storage::conformance::Subject;

    mink_runtime::storage_conformance! {
        || async {
            let memory = MemoryStore::new();
            Subject::new(Arc::new(Counted::new(memory.clone()))).opened_again_by(move || {
                let again = Counted::new(memory.another_node());
                async move { Arc::new(again) as Arc<dyn Storage> }
            })
        }
    }
}
// ANCHOR_END: conformance

#[tokio::test]
async fn its_url_opens_it() {
    // ANCHOR: by_url
    let store = mink_runtime::storage::open("counted://").await.unwrap();
    // ANCHOR_END: by_url
    assert_eq!(store.name(), "memory");
}

#[tokio::test]
async fn it_counts() {
    let store = Counted::new(MemoryStore::new());
    assert!(store.commit(&[]).await.is_empty());
    assert_eq!(store.commits(), 0);
    assert_eq!(store.head().await.unwrap(), Position::START);
}
