//! A store that lives as long as the process: for tests, and for trying things out.

mod data;
mod keys;
mod lifecycle;
mod snapshots;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::de::IgnoredAny;
use tokio::sync::watch;

use self::data::{Data, to_the_microsecond};
use super::{
    Commit, CommitError, Committed, Driver, FeedFilter, FeedPage, Format, Limits, RecordedEvent,
    Storage, StorageError, StreamInfo, StreamList, StreamPage, StreamQuery,
};
use crate::id::{EventId, Position, StreamId, TenantId};

/// How long [`Storage::feed_moved`] waits when nothing happens.
const FALLBACK: Duration = Duration::from_millis(250);

/// A store in memory. It keeps every rule of [`Storage`] except durability: its events are gone when its last
/// handle is dropped.
///
/// Cloning gives another handle to the same data, as cloning a pool does: closing one closes all. A handle that
/// is closed apart, as another process's would be, comes from [`another_node`](Self::another_node). `memory://`
/// opens a fresh, empty store each time.
///
/// ```
/// # use mink_runtime::storage::{MemoryStore, Storage};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let same = store.clone();
/// assert_eq!(store.head().await?, same.head().await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    /// Read and set only while the data is locked.
    closed: Arc<AtomicBool>,
}

#[derive(Default)]
struct Shared {
    data: Mutex<Data>,
    moved: watch::Sender<()>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the same data once more, as another process would: closing this handle does not close the new one,
    /// and the other way round.
    ///
    /// ```
    /// # use mink_runtime::storage::{MemoryStore, Storage};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let here = MemoryStore::new();
    /// let there = here.another_node();
    /// here.close().await;
    /// assert!(here.head().await.is_err());
    /// assert!(there.head().await.is_ok());
    /// # }
    /// ```
    #[must_use]
    pub fn another_node(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            closed: Arc::default(),
        }
    }

    /// The data, unless this handle is closed; never held across an await. No code that holds it panics halfway
    /// through a change, so a poisoned lock still guards whole commits.
    fn data(&self) -> Option<MutexGuard<'_, Data>> {
        let data = self.lock();
        (!self.closed.load(Ordering::Relaxed)).then_some(data)
    }

    fn lock(&self) -> MutexGuard<'_, Data> {
        self.shared
            .data
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, look: impl FnOnce(&Data) -> T) -> Result<T, StorageError> {
        match self.data() {
            Some(data) => Ok(look(&data)),
            None => Err(StorageError::Closed),
        }
    }

    fn write<T>(&self, change: impl FnOnce(&mut Data) -> T) -> Result<T, StorageError> {
        match self.data() {
            Some(mut data) => Ok(change(&mut data)),
            None => Err(StorageError::Closed),
        }
    }
}

/// This process's clock, as the store counts.
fn now() -> DateTime<Utc> {
    to_the_microsecond(Utc::now())
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let data = self.lock();
        f.debug_struct("MemoryStore")
            .field("head", &data.head())
            .field("closed", &self.closed.load(Ordering::Relaxed))
            .finish()
    }
}

impl Storage for MemoryStore {
    fn name(&self) -> &str {
        "memory"
    }

    fn lanes(&self) -> usize {
        1
    }

    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>> {
        Box::pin(async move {
            // Payloads are parsed before the lock is taken: a large one holds up nobody.
            let checked: Vec<_> = batch.iter().map(|commit| check(commit)).collect();
            let Some(mut data) = self.data() else {
                return batch.iter().map(|_| Err(CommitError::Closed)).collect();
            };
            let before = data.head();
            let now = now();
            let answers = batch
                .iter()
                .zip(checked)
                .map(|(commit, checked)| checked.and_then(|()| data.commit(commit, now)))
                .collect();
            let grown = data.head() > before;
            drop(data);
            if grown {
                self.shared.moved.send_replace(());
            }
            answers
        })
    }

    fn read_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
    ) -> BoxFuture<'a, Result<StreamPage, StorageError>> {
        Box::pin(async move {
            self.read(|data| data.stream_page(query))??.ok_or_else(|| {
                StorageError::StreamNotFound {
                    stream: query.stream.clone(),
                }
            })
        })
    }

    fn read_streams<'a>(
        &'a self,
        queries: &'a [StreamQuery],
    ) -> BoxFuture<'a, Result<Vec<Option<StreamPage>>, StorageError>> {
        Box::pin(async move {
            self.read(|data| {
                queries
                    .iter()
                    .map(|query| data.stream_page(query))
                    .collect()
            })?
        })
    }

    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>> {
        Box::pin(async move { self.read(|data| data.feed_page(after, filter, limit)) })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>> {
        Box::pin(async move { self.read(Data::head) })
    }

    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>> {
        Box::pin(async move { self.read(|data| data.event(tenant, id).cloned()) })
    }

    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>> {
        Box::pin(async move { self.read(|data| data.position_of(tenant, id)) })
    }

    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>> {
        Box::pin(async move { self.read(|data| data.stream_info(tenant, stream)) })
    }

    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>> {
        Box::pin(async move { self.read(|data| data.list_streams(query)) })
    }

    fn feed_moved(&self) -> BoxFuture<'static, ()> {
        // Subscribed here and not at the first poll, so that a commit in between is not missed.
        let mut moved = self.shared.moved.subscribe();
        Box::pin(async move {
            let wait = async {
                // The sender is gone once the last handle is dropped: nothing will ever move again, and the
                // fallback bounds how often a reader looks.
                if moved.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let _ = tokio::time::timeout(FALLBACK, wait).await;
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let data = self.lock();
            self.closed.store(true, Ordering::Relaxed);
            drop(data);
            self.shared.moved.send_replace(());
        })
    }
}

/// What can be said about a commit without looking at the data. Sizes are the caller's to limit.
fn check(commit: &Commit) -> Result<(), CommitError> {
    commit.check(&Limits {
        event_bytes: usize::MAX,
        commit_events: usize::MAX,
    })?;
    for append in &commit.appends {
        for event in &append.events {
            if event.format == Format::Json && !is_json(&event.payload) {
                return Err(CommitError::Refused {
                    reason: format!(
                        "the payload of event {} (`{}`, for stream `{}`) is not valid JSON",
                        event.id, event.event_type, append.stream
                    ),
                });
            }
        }
    }
    Ok(())
}

fn is_json(payload: &[u8]) -> bool {
    std::str::from_utf8(payload).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

inventory::submit! {
    Driver {
        schemes: &["memory"],
        open: |url| Box::pin(async move {
            if url == "memory://" {
                let store: Arc<dyn Storage> = Arc::new(MemoryStore::new());
                return Ok(store);
            }
            Err(StorageError::InvalidUrl {
                url: "memory://…".to_owned(),
                reason: "a store in memory has no name and no options: write `memory://`".to_owned(),
            })
        }),
    }
}
