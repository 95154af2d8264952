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
    Commit, CommitError, Committed, FeedFilter, FeedPage, MemoryStore, RecordedEvent, Storage,
    StorageError, StreamInfo, StreamList, StreamPage, StreamQuery,
};

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
