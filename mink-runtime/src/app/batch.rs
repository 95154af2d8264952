use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use crate::aggregate::{Aggregate, AggregateHandlers, Events, IntoEvents};
use crate::bus::nested::{self, inherited};
use crate::id::{AggregateId, InvalidName, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline::EncodeError;
use crate::repository::Repository;
use crate::storage::{
    Append, Commit, CommitError, Committed, ConcurrencyConflict, ExpectedVersion,
};

/// Events for several streams that are committed together: all of it or none of it.
pub struct Batch {
    repository: Repository,
    tenant: TenantId,
    metadata: Metadata,
    now: DateTime<Utc>,
    appends: Vec<Append>,
}

impl Batch {
    pub(in crate::app) fn new(
        repository: Repository,
        tenant: TenantId,
        metadata: Metadata,
        now: DateTime<Utc>,
    ) -> Self {
        let mut metadata = inherited(metadata);
        metadata
            .correlation_id
            .get_or_insert_with(|| Uuid::now_v7().to_string());
        Self {
            repository,
            tenant,
            metadata,
            now: now.trunc_subsecs(6),
            appends: Vec::new(),
        }
    }

    /// Adds events for an aggregate's stream.
    ///
    /// # Errors
    /// When the id cannot name a stream, or an event cannot be written.
    pub fn append<A: AggregateHandlers>(
        mut self,
        id: impl AggregateId,
        expected: ExpectedVersion,
        events: impl IntoEvents<A>,
    ) -> Result<Self, BatchError> {
        let stream = StreamId::of(A::NAME, &id.id_text())?;
        self.push(stream, expected, &Events::from_all(events))?;
        Ok(self)
    }

    pub(super) fn push<A: Aggregate>(
        &mut self,
        stream: StreamId,
        expected: ExpectedVersion,
        events: &Events<A>,
    ) -> Result<(), BatchError> {
        self.appends.push(Append {
            tenant: self.tenant.clone(),
            stream,
            expected,
            events: self.repository.encode(events, &self.metadata, self.now)?,
        });
        Ok(())
    }

    /// The commit as a value, for an adapter's `append_in`, which appends inside a transaction of your own. Checked
    /// against the application's limits.
    ///
    /// # Errors
    /// What [`Commit::check`] says.
    pub fn into_commit(self) -> Result<Commit, BatchError> {
        let limits = self.repository.limits();
        let commit = self.into_value();
        commit.check(&limits)?;
        Ok(commit)
    }

    pub(super) fn into_value(self) -> Commit {
        Commit::new(self.appends)
    }

    /// Commits all of it or none of it. Answers when it is durable.
    ///
    /// # Errors
    /// [`BatchError::Conflict`] when one stream is not at its expected version; the store's.
    pub async fn commit(self) -> Result<Committed, BatchError> {
        let repository = self.repository.clone();
        Ok(nested::commit(&repository, self.into_value()).await?)
    }
}

/// Why events were not appended.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A stream is not at the version that the writer expected.
    #[error(transparent)]
    Conflict(ConcurrencyConflict),
    /// The id cannot name a stream.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// An event cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The commit failed. [`CommitError::OutcomeUnknown`] is the only one after which it may have happened.
    #[error(transparent)]
    Commit(CommitError),
}

impl From<CommitError> for BatchError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(conflict) => Self::Conflict(conflict),
            error => Self::Commit(error),
        }
    }
}
