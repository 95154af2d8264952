//! The one write door and the reads: what a storage adapter implements.
//!
//! **Problem.** Features that each invent a transaction of their own are atomic by luck.
//! **Mechanism.** Everything that must happen together is one [`Commit`] value, and [`Storage::commit`] is the
//! only way to make it happen. Adapters are proved against one public suite, the module
//! `conformance` (cargo feature `conformance`).
//! **Cost.** One database round trip per batch of commits.
//! **What the caller must do.** Resubmit the *same* value after [`CommitError::OutcomeUnknown`].

#[cfg(feature = "conformance")]
pub mod conformance;

mod commit;
mod driver;
mod error;
mod event;
mod feed;
mod group;
mod health;
mod keys;
mod lifecycle;
mod memory;
mod read;
mod snapshot;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use commit::{Append, Commit, Committed, ExpectedVersion, Limits, StreamHead};
pub use driver::{Driver, Opened, drivers, open};
pub use error::{CommitError, ConcurrencyConflict, Contended, Source, StorageError};
pub use event::{Format, NewEvent, RecordedEvent, StoredEvent};
pub use feed::{FeedEvent, FeedFilter, FeedPage};
pub use group::{GroupCommit, GroupLoad, GroupOptions, GroupWatch};
pub(crate) use health::milliseconds;
pub use health::{FeedLag, SchemaVersion, StoreFault, StoreHealth};
pub use keys::{
    IdempotencyRecord, KeyDigest, Keys, NewReservation, Reservation, StoredAnswer, instant_after,
};
pub use lifecycle::{
    Change, ChangeDecision, Lifecycle, LifecycleError, RestoreFault, StreamChange, StreamChanged,
    StreamMarks, Touch,
};
pub use memory::MemoryStore;
pub use read::{
    Direction, StreamBounds, StreamInfo, StreamList, StreamPage, StreamQuery, Visit, visit_pages,
};
pub use snapshot::{Fingerprint, Snapshot, SnapshotPage, Snapshots};

use crate::id::{EventId, Position, StreamId, TenantId};

/// A place that keeps events: the one write door and the reads, with [idempotency keys](Keys), [snapshots](Snapshots)
/// and the [lifecycle](Lifecycle) of streams.
///
/// Object-safe, because the store is chosen at run time by its URL. Implementations are cheap to call from many
/// tasks at once. Every method that names a tenant touches that tenant's data only.
///
/// **Delivery.** `commit` answering `Ok` means durable. A crash at any instant leaves all of a commit or none.
/// The feed is gapless, never skips, never repeats, and keeps every stream's own order. Of two commits, one
/// submitted after the other was answered stands behind it in the feed. A reader never sees half a commit.
///
/// **Limits and numbers.** A limit of 0 is taken as 1; a limit, version or position beyond what the database can
/// express is an ordinary large number and never an error.
///
/// **Dropped futures.** Whoever drops the future of a commit leaves it whole or absent, and the store usable.
pub trait Storage: Keys + Snapshots + Lifecycle + Send + Sync + 'static {
    /// A short name for messages, as `sqlite`. Never holds a password.
    fn name(&self) -> &str;

    /// How many batches the store can take at the same time. One for a store with a single writer.
    fn lanes(&self) -> usize;

    /// Commits every value of the batch, each atomically by itself, each with its own answer, in one round trip
    /// where the database allows it. `results[i]` answers `batch[i]`.
    ///
    /// * No stream and no idempotency key occurs in two commits of one batch, and every value has passed
    ///   [`Commit::check`]; the caller ([`GroupCommit`]) sees to all of it. An event id may occur in two commits of a
    ///   batch: one of them is done, the other answered with [`CommitError::EventIdReused`].
    /// * The checks of one commit have this order: recognition, the [key](Keys#keyed-commits), event ids, deleted
    ///   streams, versions. A commit with a key may have no appends; its answer then names no streams.
    /// * A deleted stream gives [`CommitError::StreamDeleted`], an expected version that does not hold
    ///   [`CommitError::Conflict`], for that commit alone.
    /// * A commit whose event ids are all stored already, in the same streams of the same tenant, is recognised:
    ///   `Ok` with the versions of the first time and [`Committed::recognised`] set. When only some are stored,
    ///   or they are stored in other streams: [`CommitError::EventIdReused`]. Recognition goes before the
    ///   version check: a resubmitted value never sees a conflict with itself, not even one that is under way
    ///   at the same time.
    /// * A stream that another transaction holds, or a key that it is writing, is not waited for:
    ///   [`CommitError::Busy`] for that commit alone.
    /// * A commit that breaks the statement (say, a payload the database refuses) must not fail its
    ///   neighbours: they are retried apart. A payload of [`Format::Json`] that is not JSON is
    ///   [`CommitError::Refused`].
    /// * When several streams of a commit conflict, any one of them is named.
    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>>;

    /// One page of one stream, in one round trip.
    ///
    /// # Errors
    /// [`StorageError::StreamNotFound`] when nothing was ever written to it, which is told apart from a stream
    /// that has no events in the range asked for. [`StorageError::StreamDeleted`].
    fn read_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
    ) -> BoxFuture<'a, Result<StreamPage, StorageError>>;

    /// Hands every event that the query asks for to `visit`, in the query's direction, until that wants no more: what
    /// an aggregate is loaded with. Answers where the stream begins and ends as of the last look at it. The query's limit is
    /// how many events are fetched in one round trip, not how many are visited.
    ///
    /// Forwards, it begins at `from` or, where events were truncated, at the first one that is left, and otherwise visits
    /// nothing: not behind events that are in an archive, nor behind one that is lost.
    ///
    /// The same events as [`read_stream`](Self::read_stream) gives page by page, without metadata and time, and without
    /// a copy of each where the store can do without; damage in what is left out goes unnoticed. `visit` runs between two answers of the database: it should be
    /// quick, and call nothing that waits.
    ///
    /// **Delivery.** In order, each event once. What was visited before an error stays visited; go on after the last
    /// version seen.
    ///
    /// # Errors
    /// As [`read_stream`](Self::read_stream).
    fn visit_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
        visit: &'a mut Visit<'_>,
    ) -> BoxFuture<'a, Result<StreamBounds, StorageError>> {
        Box::pin(visit_pages(self, query, visit))
    }

    /// The first page of many streams in one round trip; `pages[i]` answers `queries[i]`, `None` when that
    /// stream does not exist.
    ///
    /// # Errors
    /// [`StorageError::StreamDeleted`] when one of them is deleted.
    fn read_streams<'a>(
        &'a self,
        queries: &'a [StreamQuery],
    ) -> BoxFuture<'a, Result<Vec<Option<StreamPage>>, StorageError>>;

    /// A page of the global feed after `after` (exclusive), filtered in the database, at most `limit` events.
    ///
    /// The page includes every event whose commit was answered before this call, by this process or another one.
    /// It says where to go on, also
    /// when nothing in the part that was searched matched, so a reader of a rare type does not search the same
    /// part twice.
    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>>;

    /// The position of the newest event in the feed; [`Position::START`] when there is none. Includes every event
    /// whose commit was answered before this call.
    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>>;

    /// One event by its id, of a deleted stream too; `None` when it is not stored, or its content was removed.
    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>>;

    /// Where in the feed an event stands, removed or not; `None` while it has no place yet, or is not stored.
    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>>;

    /// What is known of a stream; `None` when nothing was ever written to it.
    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>>;

    /// A page of a tenant's streams, deleted ones too, ordered by name (by the bytes of their UTF-8).
    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>>;

    /// Resolves when the feed may have grown past what a reader saw before it called this, or after a while in
    /// any case: a hint to look again, never a promise. To miss nothing, make the future first, then read, then
    /// await it.
    fn feed_moved(&self) -> BoxFuture<'static, ()>;

    /// How the store is: whether it answers, its schema, its feed. Never an error, and it changes nothing: a store
    /// with a sequencer is looked at as it is, without a turn. The caller sets the deadline.
    ///
    /// Unless an adapter knows more, whether it answers and where its feed is.
    fn health(&self) -> BoxFuture<'_, StoreHealth> {
        Box::pin(async move {
            match self.head().await {
                Ok(head) => StoreHealth::at(head),
                Err(error) => StoreHealth::failed(&error),
            }
        })
    }

    /// Refuses new work, finishes what runs and gives back connections and files. Every later call is answered with
    /// `Closed`; closing again does nothing. Other handles on the same data, opened apart, stay open.
    fn close(&self) -> BoxFuture<'_, ()>;
}
