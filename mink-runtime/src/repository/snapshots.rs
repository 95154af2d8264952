//! Taking snapshots, beside the work and never before its answer.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{LoadError, Loaded, Repository};
use crate::aggregate::{AggregateHandlers, SnapshotPolicy, Snapshotted};
use crate::id::{StreamId, TenantId};
use crate::observe::SnapshotUse;
use crate::pipeline::without_values;
use crate::storage::{Fingerprint, Format, Snapshot, StorageError};

/// How many snapshots are taken at the same time.
const AT_ONCE: usize = 2;
/// How many may be waiting or under way; one more is not taken now.
const QUEUE: usize = 64;
/// How long closing waits for those that are under way.
const GRACE: Duration = Duration::from_secs(5);

/// A snapshot that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotTaken {
    /// The version of the state that it keeps.
    pub version: u64,
    /// Its size in bytes; 0 when it was there already.
    pub bytes: usize,
    /// Whether it was written now: `false` when there is one of this version, or a newer one.
    pub written: bool,
}

/// Why a snapshot was not taken. The aggregate and its events are as they were.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The aggregate cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The state cannot be written and read back.
    #[error(
        "the state of `{stream}` at version {version} cannot be kept as a snapshot: {reason}; JSON has no NaN, no infinity, and only text as keys of a map"
    )]
    NotKept {
        /// Which aggregate.
        stream: StreamId,
        /// The version of the state.
        version: u64,
        /// What is wrong, without any value.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What became of snapshots since the application was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SnapshotStats {
    /// Loads that began from a snapshot.
    pub used: u64,
    /// Snapshots that could not be read, and were ignored and deleted.
    pub unreadable: u64,
    /// Snapshots that were taken.
    pub taken: u64,
    /// Snapshots that were due, and for which there was a newer one or nothing new when their turn came.
    pub needless: u64,
    /// Snapshots that were due and could not be taken.
    pub failed: u64,
    /// Snapshots that were due and were left out, because too many were waiting.
    pub left_out: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    used: AtomicU64,
    unreadable: AtomicU64,
    taken: AtomicU64,
    needless: AtomicU64,
    failed: AtomicU64,
    left_out: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

type Key = (TenantId, StreamId);

/// The snapshots that are due.
pub(super) struct SnapshotQueue {
    /// One permit for each that is waiting or under way.
    places: Arc<Semaphore>,
    /// One permit for each that is under way. Closed when the application closes.
    running: Semaphore,
    queued: Mutex<HashSet<Key>>,
    fingerprints: Mutex<HashMap<TypeId, Fingerprint>>,
    counters: Counters,
}

impl SnapshotQueue {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(QUEUE)),
            running: Semaphore::new(AT_ONCE),
            queued: Mutex::default(),
            fingerprints: Mutex::default(),
            counters: Counters::default(),
        }
    }

    fn queued(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fingerprint<A: AggregateHandlers>(
        &self,
        policy: &SnapshotPolicy<A>,
    ) -> Fingerprint {
        *self
            .fingerprints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(TypeId::of::<A>())
            .or_insert_with(|| policy.fingerprint())
    }

    /// Takes no more, and waits a while for those that are under way. What is left then ends with the store.
    pub(super) async fn close(&self) {
        self.running.close();
        let all = self.places.acquire_many(QUEUE as u32);
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("closing without waiting longer for the snapshots that are under way");
        }
    }

    pub(super) fn stats(&self) -> SnapshotStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters {
            used,
            unreadable,
            taken,
            needless,
            failed,
            left_out,
        } = &self.counters;
        SnapshotStats {
            used: read(used),
            unreadable: read(unreadable),
            taken: read(taken),
            needless: read(needless),
            failed: read(failed),
            left_out: read(left_out),
        }
    }
}

/// What an aggregate went through since its last snapshot.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SinceSnapshot {
    /// The version of the last snapshot, or of the state that was begun with.
    pub(super) version: u64,
    /// The bytes of the events since.
    pub(super) bytes: u64,
    /// When the last snapshot was taken, or the first event was recorded.
    pub(super) time: Option<DateTime<Utc>>,
}

impl SinceSnapshot {
    fn is_due<A>(&self, policy: &SnapshotPolicy<A>, version: u64, now: DateTime<Utc>) -> bool {
        let events = version.saturating_sub(self.version);
        let age = self.time.and_then(|time| (now - time).to_std().ok());
        events > 0
            && (policy.every.is_some_and(|every| events >= every)
                || policy.bytes.is_some_and(|bytes| self.bytes >= bytes)
                || policy.after.is_some_and(|after| age >= Some(after)))
    }
}

impl Repository {
    fn counted(&self, used: SnapshotUse) {
        let counters = &self.shared.snapshots.counters;
        count(match used {
            SnapshotUse::Taken => &counters.taken,
            SnapshotUse::Loaded => &counters.used,
            SnapshotUse::Ignored => &counters.unreadable,
            SnapshotUse::Failed => &counters.failed,
            SnapshotUse::LeftOut => &counters.left_out,
        });
        self.observer().snapshot(used);
    }

    /// Queues a snapshot of this aggregate when its policy says so.
    pub(super) fn consider_snapshot<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
    ) {
        let Some(policy) = A::SNAPSHOTS else { return };
        let (version, now) = (loaded.version(), self.shared.clock.now());
        if loaded.since.is_due(&policy, version, now) {
            // as if it were taken: a state that is kept in memory asks once
            loaded.since = SinceSnapshot {
                version,
                bytes: 0,
                time: Some(now),
            };
            self.queue_snapshot::<A>(tenant, loaded.stream(), policy);
        }
    }

    fn queue_snapshot<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        policy: SnapshotPolicy<A>,
    ) {
        let queue = &self.shared.snapshots;
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let Ok(place) = Arc::clone(&queue.places).try_acquire_owned() else {
            return self.counted(SnapshotUse::LeftOut);
        };
        let key = (tenant.clone(), stream.clone());
        if !queue.queued().insert(key.clone()) {
            return;
        }
        let queued = Queued {
            repository: self.clone(),
            key,
            _place: place,
        };
        runtime.spawn(async move {
            let Queued {
                repository, key, ..
            } = &queued;
            let queue = &repository.shared.snapshots;
            let Ok(_turn) = queue.running.acquire().await else {
                return;
            };
            let (tenant, stream) = key;
            match repository.take_snapshot::<A>(tenant, stream, &policy).await {
                Ok(taken) if taken.written => repository.counted(SnapshotUse::Taken),
                Ok(_) => count(&queue.counters.needless),
                Err(error) => {
                    repository.counted(SnapshotUse::Failed);
                    tracing::warn!(%stream, %error, "no snapshot was taken; the next one is due later");
                }
            }
        });
    }

    /// Keeps the state that the stored events make. It is made from the store, so that nothing that is only in memory
    /// can get into it.
    async fn take_snapshot<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        policy: &SnapshotPolicy<A>,
    ) -> Result<SnapshotTaken, SnapshotError> {
        let mut loaded = Loaded::<A>::initial(stream.clone());
        self.catch_up(tenant, &mut loaded).await?;
        let version = loaded.version();
        if version == 0 {
            return Err(LoadError::NotFound {
                aggregate: A::NAME,
                id: stream.id().to_owned(),
            }
            .into());
        }
        if version == loaded.since.version {
            return Ok(SnapshotTaken {
                version,
                bytes: 0,
                written: false,
            });
        }
        let SnapshotPolicy { write, read, .. } = *policy;
        let written = tokio::task::spawn_blocking(move || {
            let payload = write(&loaded)?;
            read(&payload).map(|_| payload)
        });
        let not_kept = |reason| SnapshotError::NotKept {
            stream: stream.clone(),
            version,
            reason,
        };
        let payload = written
            .await
            .map_err(|_| not_kept("writing it panicked".to_owned()))?
            .map_err(|error| not_kept(without_values(&error)))?;
        let bytes = payload.len();
        let snapshot = Snapshot {
            tenant: tenant.clone(),
            stream: stream.clone(),
            version,
            fingerprint: self.shared.snapshots.fingerprint(policy),
            format: Format::Json,
            payload: payload.into(),
            taken_at: self.shared.clock.now().trunc_subsecs(6),
        };
        let written = self.shared.storage.save_snapshot(&snapshot).await?;
        Ok(SnapshotTaken {
            version,
            bytes: if written { bytes } else { 0 },
            written,
        })
    }

    /// Takes a snapshot of an aggregate now.
    ///
    /// # Errors
    /// [`SnapshotError`]; the aggregate is as it was.
    pub async fn snapshot<A: AggregateHandlers + Snapshotted>(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<SnapshotTaken, SnapshotError> {
        let stream = StreamId::of(A::NAME, id).map_err(LoadError::from)?;
        let taken = self.take_snapshot::<A>(tenant, &stream, &A::POLICY).await?;
        if taken.written {
            self.counted(SnapshotUse::Taken);
        }
        Ok(taken)
    }

    /// Begins an aggregate from a snapshot; `false`, and it is as it was, when that cannot be read.
    pub(super) async fn begin_from<A: AggregateHandlers>(
        &self,
        loaded: &mut Loaded<A>,
        policy: &SnapshotPolicy<A>,
        snapshot: &Snapshot,
    ) -> bool {
        let read = match &snapshot.format {
            Format::Json => {
                (policy.read)(&snapshot.payload).map_err(|error| without_values(&error))
            }
            other => Err(format!("its format `{}` is not known", other.name())),
        };
        match read {
            Ok(state) => {
                self.counted(SnapshotUse::Loaded);
                loaded.begin(
                    state,
                    snapshot.version,
                    SinceSnapshot {
                        version: snapshot.version,
                        bytes: 0,
                        time: Some(snapshot.taken_at),
                    },
                );
                true
            }
            Err(reason) => {
                self.counted(SnapshotUse::Ignored);
                tracing::warn!(
                    stream = %snapshot.stream,
                    version = snapshot.version,
                    reason,
                    "a snapshot cannot be read: it is deleted, and the aggregate made from its events"
                );
                // or it would stand in the way of the next one of this version
                let (tenant, stream) = (&snapshot.tenant, &snapshot.stream);
                let deleted = self.shared.storage.delete_snapshots(tenant, Some(stream));
                if let Err(error) = deleted.await {
                    tracing::warn!(%stream, %error, "the snapshot could not be deleted");
                }
                false
            }
        }
    }
}

/// A snapshot that is waiting or under way. Dropped, another one of the same aggregate may be queued.
struct Queued {
    repository: Repository,
    key: Key,
    _place: OwnedSemaphorePermit,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.repository.shared.snapshots.queued().remove(&self.key);
    }
}
