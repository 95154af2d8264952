//! Loads aggregates and commits what they decide.
//!
//! Every path that appends, and every path that reads events back as domain values, goes through here.

mod cache;
mod checkout;
mod diff;
mod history;
mod load;
mod outcome;
mod snapshots;
pub(crate) mod summary;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use cache::{CacheStats, WhenTaken};
pub use checkout::CheckedOut;
use chrono::{DateTime, Utc};
pub use diff::{StateChange, StateDiff};
pub use history::{History, Step, TimeTravelError};
pub use load::{LoadError, Loaded};
pub(crate) use outcome::waits;
pub use snapshots::{SnapshotError, SnapshotStats, SnapshotTaken};

use cache::AggregateCache;
use snapshots::SnapshotQueue;

use crate::aggregate::{Aggregate, Events};
use crate::command::{Clock, SystemClock};
use crate::id::{StreamId, TenantId};
use crate::metadata::Metadata;
use crate::observe::{Observer, Operation, append_span, watched};
use crate::pipeline::{self, EncodeError};
use crate::registry::Registry;
use crate::storage::{
    Commit, CommitError, Committed, GroupCommit, GroupLoad, GroupOptions, GroupWatch, Limits,
    NewEvent, Storage,
};

/// What to do with a stored event whose type is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownEvents {
    /// Refuse to load the stream: a fact that this program does not know may change the answer.
    #[default]
    Refuse,
    /// Skip it, and say so once per type in the log.
    Skip,
}

/// How a repository behaves.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryOptions {
    /// How commits are grouped, and what they may hold.
    pub group: GroupOptions,
    /// What to do with a stored event whose type is not registered.
    pub unknown_events: UnknownEvents,
    /// How many aggregates are kept in memory between dispatches; none at 0. 1,000 unless configured.
    ///
    /// See [`CheckedOut`]. An entry is as large as the state of its aggregate.
    pub cached_aggregates: usize,
    /// How long to go on trying while the store cannot be reached, or the outcome of a commit is unknown.
    pub patience: Duration,
}

impl Default for RepositoryOptions {
    fn default() -> Self {
        Self {
            group: GroupOptions::default(),
            unknown_events: UnknownEvents::default(),
            cached_aggregates: 1000,
            patience: Duration::from_secs(30),
        }
    }
}

/// Loads aggregates and commits what they decide. A cheap handle.
#[derive(Clone)]
pub struct Repository {
    shared: Arc<Shared>,
}

struct Shared {
    storage: Arc<dyn Storage>,
    group: GroupCommit,
    registry: Registry,
    observer: Observer,
    options: RepositoryOptions,
    cache: AggregateCache,
    snapshots: SnapshotQueue,
    clock: Arc<dyn Clock>,
    skipped: Mutex<HashSet<(String, u32)>>,
}

impl Repository {
    /// A repository on `storage` that knows the events of `registry`.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, registry: Registry, options: RepositoryOptions) -> Self {
        let clock = Arc::new(SystemClock);
        Self::observed(storage, registry, options, clock, Observer::default())
    }

    /// A repository that tells `observer` what it does, and whose snapshots get older by this clock.
    #[must_use]
    pub fn observed(
        storage: Arc<dyn Storage>,
        registry: Registry,
        options: RepositoryOptions,
        clock: Arc<dyn Clock>,
        observer: Observer,
    ) -> Self {
        let watch = observer
            .counts_as()
            .map(|_| Arc::new(observer.clone()) as Arc<dyn GroupWatch>);
        let group = GroupCommit::watched(Arc::clone(&storage), options.group, watch);
        let cache = AggregateCache::new(options.cached_aggregates, observer.clone());
        let skipped = Mutex::new(HashSet::new());
        Self {
            shared: Arc::new(Shared {
                storage,
                group,
                registry,
                observer,
                options,
                cache,
                snapshots: SnapshotQueue::new(),
                clock,
                skipped,
            }),
        }
    }

    /// The store behind it.
    #[must_use]
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.shared.storage
    }

    /// What it knows.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// How long it goes on trying while the store cannot be reached.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.shared.options.patience
    }

    /// What one event and one commit may hold.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.shared.options.group.limits
    }

    /// The stored form of a list of events, in order, each in its own format, else in the application's default.
    ///
    /// Every path that appends writes its events here.
    ///
    /// # Errors
    /// The first event that cannot be written.
    pub fn encode<A: Aggregate>(
        &self,
        events: &Events<A>,
        metadata: &Metadata,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewEvent>, EncodeError> {
        events
            .iter()
            .map(|event| pipeline::encode(event, self.registry().formats(), metadata, now))
            .collect()
    }

    /// Commits one value, grouped with what other tasks commit at the same time.
    ///
    /// While the store cannot be reached, and while the outcome is unknown, the *same value* is submitted again, for
    /// as long as [`RepositoryOptions::patience`] says; nothing is decided anew.
    ///
    /// # Errors
    /// What [`GroupCommit::submit`] says; [`CommitError::OutcomeUnknown`] when patience ended before the outcome was
    /// known.
    pub async fn commit(
        &self,
        commit: impl Into<Arc<Commit>> + Send,
    ) -> Result<Committed, CommitError> {
        let commit = commit.into();
        let observer = &self.shared.observer;
        if observer.is_unheard() {
            return self.settle(commit).await;
        }
        let span = append_span(observer.service(), &commit);
        let outcome = watched!(
            observer,
            Operation::Append,
            span,
            self.settle(Arc::clone(&commit)),
        );
        observer.committed(&span, &commit, &outcome);
        outcome
    }

    async fn settle(&self, commit: Arc<Commit>) -> Result<Committed, CommitError> {
        outcome::settle(
            &self.shared.group,
            commit,
            self.shared.options.patience,
            || self.shared.observer.retried(Operation::Append),
        )
        .await
    }

    /// What takes note of what is done.
    #[must_use]
    pub fn observer(&self) -> &Observer {
        &self.shared.observer
    }

    /// What waits to be committed, and what is on its way.
    #[must_use]
    pub fn commits(&self) -> GroupLoad {
        self.shared.group.load()
    }

    /// What the cache of aggregates did so far.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.shared.cache.stats()
    }

    /// What became of snapshots so far.
    #[must_use]
    pub fn snapshot_stats(&self) -> SnapshotStats {
        self.shared.snapshots.stats()
    }

    /// Drops an aggregate from the cache, after its stream was changed by other means than an append.
    pub fn forget(&self, tenant: &TenantId, stream: &StreamId) {
        self.shared.cache.forget(tenant, stream);
    }

    /// Finishes what was accepted, refuses the rest, waits a few seconds for snapshots that are under way, and closes the
    /// store.
    pub async fn close(&self) {
        self.shared.group.close().await;
        self.shared.snapshots.close().await;
        self.shared.storage.close().await;
    }

    fn first_time_skipped(&self, event_type: &str, schema_version: u32) -> bool {
        self.shared
            .skipped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((event_type.to_owned(), schema_version))
    }
}
