//! What becomes of an aggregate's stream that is no longer wanted, whole or in part.

mod archive;
mod compact;
mod error;

use std::marker::PhantomData;

use backon::Retryable;

use super::Mink;
use crate::aggregate::AggregateHandlers;
use crate::id::{AggregateId, InvalidName, StreamId};
use crate::repository::waits;
use crate::storage::{
    Change, ConcurrencyConflict, ExpectedVersion, LifecycleError, StorageError, StreamChange,
    StreamChanged, StreamInfo,
};

pub use compact::SummaryOf;
pub use error::ChangeError;

impl Mink {
    /// The lifecycle of an aggregate's stream: delete and undelete it, cut it, archive and restore it, compact it.
    ///
    /// ```
    /// # use mink_runtime::{aggregate::AggregateHandlers, app::{ChangeError, Mink}, archive::FileArchive};
    /// # async fn shown<Account: AggregateHandlers>(app: Mink) -> Result<(), Box<dyn std::error::Error>> {
    /// let archive = FileArchive::new("/srv/archive");
    /// let moved = app.lifecycle::<Account>(7)?.archive_before(1_000, &archive).await?;
    /// println!("{} events moved, version {} is the first that is left", moved.events, moved.first);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the id cannot name a stream.
    pub fn lifecycle<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
    ) -> Result<StreamLifecycle<A>, InvalidName> {
        Ok(StreamLifecycle {
            app: self.clone(),
            stream: StreamId::of(A::NAME, &id.id_text())?,
            expected: None,
            aggregate: PhantomData,
        })
    }
}

/// The lifecycle of one aggregate's stream, for one tenant.
///
/// Every change looks at the stream, and the store makes it only while the stream is at the version that was seen.
/// When another writer comes in between, or holds the stream, it looks again, for as long as
/// [`patience`](crate::repository::RepositoryOptions::patience) says; with [`expecting`](Self::expecting) it does not.
///
/// The answer tells how many events lost or got back their content, and the lowest version that can be read. Positions
/// in the feed stay, versions go on counting. Afterwards this process no longer has the aggregate in memory, and the
/// store no snapshot that would leave a gap; other processes keep what they have in memory until it makes room, which
/// costs no commit its truth: each names its version.
///
/// **Delivery.** `Ok` means durable. Dropped or killed in the middle, the stream is in one of the states between two
/// steps, each of them sound; the same call again finishes.
pub struct StreamLifecycle<A> {
    app: Mink,
    stream: StreamId,
    expected: Option<u64>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A> Clone for StreamLifecycle<A> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            stream: self.stream.clone(),
            expected: self.expected,
            aggregate: PhantomData,
        }
    }
}

impl<A> std::fmt::Debug for StreamLifecycle<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamLifecycle")
            .field("tenant", &self.app.tenant)
            .field("stream", &self.stream)
            .field("expected", &self.expected)
            .finish()
    }
}

impl<A: AggregateHandlers> StreamLifecycle<A> {
    /// Makes changes only while the aggregate is at this version, that of what you looked at.
    #[must_use]
    pub fn expecting(mut self, version: u64) -> Self {
        self.expected = Some(version);
        self
    }

    /// The stream.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// What is known of the stream: its version, the first that can be read, whether some can be restored, whether it is
    /// deleted.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::Storage`].
    pub async fn info(&self) -> Result<StreamInfo, ChangeError> {
        let (storage, repository) = (self.app.storage(), self.app.repository());
        let look = || storage.stream_info(&self.app.tenant, &self.stream);
        let info = repository.patiently(look).await?;
        info.ok_or_else(|| ChangeError::NotFound {
            aggregate: A::NAME,
            id: self.stream.id().to_owned(),
        })
    }

    /// Deletes the aggregate softly: it can be neither loaded nor dispatched to, and its events stay where they are, in
    /// the feed too. Deleting it again changes nothing.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing has changed, except after [`LifecycleError::OutcomeUnknown`].
    pub async fn delete(&self) -> Result<StreamChanged, ChangeError> {
        self.change("deleted", |_| Change::Delete).await
    }

    /// Brings a deleted aggregate back as it was. One that is not deleted stays as it is.
    ///
    /// # Errors
    /// As [`delete`](Self::delete).
    pub async fn undelete(&self) -> Result<StreamChanged, ChangeError> {
        self.change("undeleted", |_| Change::Undelete).await
    }

    /// Removes the content of every event below this version **for good**, archived ones too; what an archive holds of
    /// them stays there and can no longer be restored.
    ///
    /// A load then begins with the first event that is left, as if nothing had been before it. Unless that event says
    /// all there is to know, the aggregate becomes another one: see [`compact`](Self::compact).
    ///
    /// # Errors
    /// As [`delete`](Self::delete); [`LifecycleError::BeyondTheEnd`] when the version is more than one above the
    /// aggregate's.
    pub async fn truncate_before(&self, version: u64) -> Result<StreamChanged, ChangeError> {
        self.change("truncated", |_| Change::TruncateBefore(version))
            .await
    }

    async fn change(
        &self,
        done: &'static str,
        wish: impl Fn(&StreamInfo) -> Change,
    ) -> Result<StreamChanged, ChangeError> {
        let changed = (async || {
            let seen = self.look().await?;
            Ok(self.submit(&seen, wish(&seen)).await?)
        })
        .retry(waits(self.app.repository().patience()))
        .when(|error| self.is_to_be_repeated(error))
        .await?;
        self.told(done, &changed);
        Ok(changed)
    }

    /// What is known of the stream, when it is at the version that the caller expects.
    async fn look(&self) -> Result<StreamInfo, ChangeError> {
        let info = self.info().await?;
        match self.expected {
            Some(expected) if expected != info.version => {
                Err(self.conflict(expected, info.version))
            }
            _ => Ok(info),
        }
    }

    fn conflict(&self, expected: u64, actual: u64) -> ChangeError {
        LifecycleError::Conflict(ConcurrencyConflict {
            stream: self.stream.clone(),
            expected: ExpectedVersion::Exact(expected),
            actual,
        })
        .into()
    }

    /// Changes the stream as it was seen, and makes this process forget the aggregate, however it went.
    async fn submit(
        &self,
        seen: &StreamInfo,
        change: Change,
    ) -> Result<StreamChanged, LifecycleError> {
        let change = StreamChange {
            tenant: self.app.tenant.clone(),
            stream: self.stream.clone(),
            expected: ExpectedVersion::Exact(seen.version),
            change,
        };
        let changed = self.app.storage().change_stream(&change).await;
        self.app.repository().forget(&self.app.tenant, &self.stream);
        changed
    }

    fn is_to_be_repeated(&self, error: &ChangeError) -> bool {
        match error {
            ChangeError::Change(LifecycleError::Conflict(_)) => self.expected.is_none(),
            ChangeError::Change(
                LifecycleError::Busy { .. }
                | LifecycleError::Storage(StorageError::Unavailable { .. }),
            ) => true,
            _ => false,
        }
    }

    fn told(&self, done: &'static str, changed: &StreamChanged) {
        tracing::info!(
            target: "mink",
            tenant = %self.app.tenant,
            stream = %self.stream,
            events = changed.events,
            first = changed.first,
            "the stream was {done}"
        );
    }
}
