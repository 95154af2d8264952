//! Loads aggregates and commits what they decide.
//!
//! Every path that appends, and every path that reads events back as domain values, goes through here.

mod load;
mod outcome;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use load::{LoadError, Loaded};
pub(crate) use outcome::waits;

use crate::aggregate::{Aggregate, Events};
use crate::metadata::Metadata;
use crate::pipeline::{self, EncodeError};
use crate::registry::Registry;
use crate::storage::{
    Commit, CommitError, Committed, GroupCommit, GroupOptions, Limits, NewEvent, Storage,
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
    /// How long to go on trying while the store cannot be reached, or the outcome of a commit is unknown.
    pub patience: Duration,
}

impl Default for RepositoryOptions {
    fn default() -> Self {
        Self {
            group: GroupOptions::default(),
            unknown_events: UnknownEvents::default(),
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
    options: RepositoryOptions,
    skipped: Mutex<HashSet<(String, u32)>>,
}

impl Repository {
    /// A repository on `storage` that knows the events of `registry`.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, registry: Registry, options: RepositoryOptions) -> Self {
        let group = GroupCommit::new(Arc::clone(&storage), options.group);
        let skipped = Mutex::new(HashSet::new());
        Self {
            shared: Arc::new(Shared {
                storage,
                group,
                registry,
                options,
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
    pub async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        outcome::settle(
            &self.shared.group,
            Arc::new(commit),
            self.shared.options.patience,
        )
        .await
    }

    /// Finishes what was accepted, refuses the rest and closes the store.
    pub async fn close(&self) {
        self.shared.group.close().await;
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
