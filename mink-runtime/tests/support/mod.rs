//! A memory store whose `commit` a test can hold, fail or watch.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{
    Append, Commit, CommitError, Committed, Contended, ExpectedVersion, FeedFilter, FeedPage,
    Fingerprint, Format, KeyDigest, Keys, Lifecycle, LifecycleError, MemoryStore, NewEvent,
    NewReservation, RecordedEvent, Reservation, Snapshot, SnapshotPage, Snapshots, Storage,
    StorageError, StoredAnswer, StreamChange, StreamChanged, StreamInfo, StreamList, StreamPage,
    StreamQuery,
};
use uuid::Uuid;

/// What happens to one batch.
pub(crate) enum Fate {
    /// It is committed and answered.
    Done,
    /// It is committed, and the answer is lost.
    AnswerLost,
    /// It never arrives, and the store says so.
    Unavailable,
    /// It never arrives, and nobody can tell.
    LostOnTheWay,
    /// Every commit's first stream is held by another transaction.
    Busy,
    /// Every commit's key is being written by another transaction.
    BusyKey,
    /// The adapter panics.
    Panic,
}

/// What happens to snapshots that are saved.
#[derive(Clone, Copy)]
pub(crate) enum Saving {
    /// They are kept.
    Done,
    /// The store cannot be reached.
    Fails,
    /// The store never answers.
    Hangs,
}

type Script = Box<dyn Fn(usize, &[Arc<Commit>]) -> BoxFuture<'static, Fate> + Send + Sync>;

/// Decides the fate of each batch; counts them.
pub(crate) struct Scripted {
    pub(crate) memory: MemoryStore,
    pub(crate) lanes: usize,
    pub(crate) batches: Mutex<Vec<Vec<Arc<Commit>>>>,
    /// What happens to snapshots from now on, and how many were to be saved.
    pub(crate) saving: Mutex<(Saving, usize)>,
    /// Whether keys can be neither reserved nor looked up from now on.
    pub(crate) keys_down: AtomicBool,
    script: Script,
}

impl Scripted {
    pub(crate) fn new(
        script: impl Fn(usize, &[Arc<Commit>]) -> BoxFuture<'static, Fate> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::with_lanes(1, script)
    }

    pub(crate) fn with_lanes(
        lanes: usize,
        script: impl Fn(usize, &[Arc<Commit>]) -> BoxFuture<'static, Fate> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryStore::new(),
            lanes,
            batches: Mutex::default(),
            saving: Mutex::new((Saving::Done, 0)),
            keys_down: AtomicBool::new(false),
            script: Box::new(script),
        })
    }

    pub(crate) fn batch_sizes(&self) -> Vec<usize> {
        self.batches.lock().unwrap().iter().map(Vec::len).collect()
    }
}

fn dead() -> StorageError {
    StorageError::Unavailable {
        reason: "the line is dead".to_owned(),
    }
}

impl Keys for Scripted {
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>> {
        if self.keys_down.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(dead())));
        }
        self.memory.reserve_key(reservation)
    }

    fn release_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        self.memory.release_key(tenant, key, owner)
    }

    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>> {
        if self.keys_down.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(dead())));
        }
        self.memory.answer_of(tenant, key)
    }

    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>> {
        self.memory.sweep_keys(limit)
    }
}

impl Snapshots for Scripted {
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        self.memory.read_from_snapshot(query, fingerprint)
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        let saving = {
            let mut saving = self.saving.lock().unwrap();
            saving.1 += 1;
            saving.0
        };
        match saving {
            Saving::Done => self.memory.save_snapshot(snapshot),
            Saving::Hangs => Box::pin(std::future::pending()),
            Saving::Fails => Box::pin(std::future::ready(Err(StorageError::Unavailable {
                reason: "the line is dead".to_owned(),
            }))),
        }
    }

    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        self.memory.delete_snapshots(tenant, stream)
    }
}

impl Lifecycle for Scripted {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        self.memory.change_stream(change)
    }
}

impl Storage for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn lanes(&self) -> usize {
        self.lanes
    }
    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>> {
        let number = {
            let mut batches = self.batches.lock().unwrap();
            batches.push(batch.to_vec());
            batches.len() - 1
        };
        let fate = (self.script)(number, batch);
        Box::pin(async move {
            let all = |error: CommitError| batch.iter().map(|_| Err(error.clone())).collect();
            let reason = || "the line is dead".to_owned();
            match fate.await {
                Fate::Done => self.memory.commit(batch).await,
                Fate::AnswerLost => {
                    self.memory.commit(batch).await;
                    all(CommitError::OutcomeUnknown { reason: reason() })
                }
                Fate::LostOnTheWay => all(CommitError::OutcomeUnknown { reason: reason() }),
                Fate::Unavailable => all(CommitError::Unavailable { reason: reason() }),
                Fate::Busy => batch
                    .iter()
                    .map(|commit| {
                        Err(CommitError::Busy {
                            what: Contended::Stream(commit.appends[0].stream.clone()),
                        })
                    })
                    .collect(),
                Fate::BusyKey => batch
                    .iter()
                    .map(|commit| {
                        let key = commit.idempotency.as_ref().unwrap().key;
                        Err(CommitError::Busy {
                            what: Contended::Key(key),
                        })
                    })
                    .collect(),
                Fate::Panic => panic!("a faulty adapter"),
            }
        })
    }
    fn read_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
    ) -> BoxFuture<'a, Result<StreamPage, StorageError>> {
        self.memory.read_stream(query)
    }
    fn read_streams<'a>(
        &'a self,
        queries: &'a [StreamQuery],
    ) -> BoxFuture<'a, Result<Vec<Option<StreamPage>>, StorageError>> {
        self.memory.read_streams(queries)
    }
    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>> {
        self.memory.read_feed(after, filter, limit)
    }
    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>> {
        self.memory.head()
    }
    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>> {
        self.memory.event(tenant, id)
    }
    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>> {
        self.memory.position_of(tenant, id)
    }
    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>> {
        self.memory.stream_info(tenant, stream)
    }
    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>> {
        self.memory.list_streams(query)
    }
    fn feed_moved(&self) -> BoxFuture<'static, ()> {
        self.memory.feed_moved()
    }
    fn close(&self) -> BoxFuture<'_, ()> {
        self.memory.close()
    }
}

pub(crate) fn event(payload: &str) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "Happened".into(),
        schema_version: 1,
        format: Format::Json,
        payload: payload.to_owned().into(),
        metadata: Metadata::default(),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
    }
}

pub(crate) fn append(stream: &str, events: usize) -> Append {
    Append {
        tenant: TenantId::default(),
        stream: StreamId::new(stream).unwrap(),
        expected: ExpectedVersion::Any,
        events: (0..events).map(|_| event("{}")).collect(),
    }
}

pub(crate) fn commit(stream: &str, events: usize) -> Arc<Commit> {
    Arc::new(Commit::new(vec![append(stream, events)]))
}
