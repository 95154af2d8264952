//! What becomes of a stream that is no longer wanted, whole or in part.
//!
//! **Problem.** Events are for ever, disks and laws are not. **Mechanism.** A stream is deleted and undeleted by a
//! mark; its oldest events lose their content and keep their places. **Cost.** A change rewrites the events it removes,
//! in one transaction. **What the caller must do.** Say which version it saw and how many events it means; the store
//! refuses when it finds otherwise.

mod decide;

use futures_util::future::BoxFuture;

use super::{ConcurrencyConflict, ExpectedVersion, RecordedEvent, StorageError};
use crate::id::{StreamId, TenantId};

pub use decide::{ChangeDecision, StreamMarks, Touch};

/// A change of a stream as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamChange {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// What its version must be.
    pub expected: ExpectedVersion,
    /// What to do with it.
    pub change: Change,
}

/// What to do with a stream.
///
/// An event that is truncated or archived leaves a stub: its row stays, with its id, type, schema version, version,
/// time and place in the feed, without payload and metadata, and its format reads `truncated` or `archived`. So
/// positions keep no gaps, versions go on counting, and a resubmitted commit is still recognised. No read gives a stub.
/// Stubs stand before all events that can be read: what is left of a stream is its end.
#[derive(Clone, PartialEq)]
pub enum Change {
    /// Marks the stream as deleted: it can be neither read nor appended to. Its events stay where they are, in the feed
    /// too. Deleting it again changes nothing.
    Delete,
    /// Takes the mark away: the stream is as it was. A stream that is not deleted stays so.
    Undelete,
    /// Removes the content of every event below this version for good, archived ones too. At most one more than the
    /// stream's version. One that is truncated already is not counted again.
    TruncateBefore(u64),
    /// Removes the content of the events below a version, which the caller has put elsewhere.
    Archive {
        /// The version, at most one more than the stream's.
        before: u64,
        /// How many events the caller has put elsewhere: every one below `before` that can still be read.
        events: u64,
    },
    /// Brings archived events back to where they were: versions that follow each other and end right before the first
    /// that can be read, each as it was read.
    Restore(Vec<RecordedEvent>),
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Delete => f.write_str("Delete"),
            Self::Undelete => f.write_str("Undelete"),
            Self::TruncateBefore(version) => write!(f, "TruncateBefore({version})"),
            Self::Archive { before, events } => f
                .debug_struct("Archive")
                .field("before", before)
                .field("events", events)
                .finish(),
            Self::Restore(events) => write!(f, "Restore({} events)", events.len()),
        }
    }
}

/// A change is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamChanged {
    /// How many events lost their content or got it back. 0 for [`Change::Delete`] and [`Change::Undelete`].
    pub events: u64,
    /// The lowest version that can be read; one more than the stream's when none can.
    pub first: u64,
}

/// Why a stream was not changed. Except for [`OutcomeUnknown`](Self::OutcomeUnknown), it is as it was.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// Nothing was ever written to this stream.
    #[error("stream `{stream}` does not exist")]
    StreamNotFound {
        /// Which stream.
        stream: StreamId,
    },
    /// Another writer was first. Look at the stream again.
    #[error(transparent)]
    Conflict(#[from] ConcurrencyConflict),
    /// Another transaction holds the stream. Try again a little later.
    #[error("stream `{stream}` is held by another transaction: try again")]
    Busy {
        /// Which stream.
        stream: StreamId,
    },
    /// The version lies beyond the stream's end.
    #[error(
        "stream `{stream}` is at version {version}: it has no events up to version {before} to remove"
    )]
    BeyondTheEnd {
        /// Which stream.
        stream: StreamId,
        /// The version it is at.
        version: u64,
        /// The version given.
        before: u64,
    },
    /// The change would have touched another number of events than it is about. It was taken back.
    #[error(
        "stream `{stream}`: the change is about {expected} events, but would have touched {found}: look at the stream again"
    )]
    RowsDiffer {
        /// Which stream.
        stream: StreamId,
        /// How many events it is about.
        expected: u64,
        /// How many it would have touched.
        found: u64,
    },
    /// An event cannot be put back.
    #[error("stream `{stream}`: version {version} cannot be restored: {reason}")]
    NotRestorable {
        /// Which stream.
        stream: StreamId,
        /// The version of the event.
        version: u64,
        /// Why not.
        reason: RestoreFault,
    },
    /// The connection was lost while the change was under way: it may have happened or not.
    #[error(
        "the connection was lost in mid-change, so it is not known whether stream `{stream}` was changed: look at the stream ({reason})"
    )]
    OutcomeUnknown {
        /// Which stream.
        stream: StreamId,
        /// What the driver said.
        reason: String,
    },
    /// The store could not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why an event cannot be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreFault {
    /// It is an event of another stream or tenant.
    #[error("the event belongs to another stream")]
    OtherStream,
    /// The versions leave a gap, or do not end right before the first event that can be read.
    #[error("the versions must follow each other and end right before the first that can be read")]
    OutOfOrder,
    /// The event at this version was truncated, or can be read.
    #[error("the event at this version is not archived")]
    NotArchived,
    /// The event at this version has another id, type, schema version or time.
    #[error("it is not the event that was archived at this version")]
    OtherEvent,
    /// Its payload is not what its format says.
    #[error("its payload is not what its format says")]
    Payload,
}

/// A place whose streams can be deleted, cut and put back. Every store is one.
pub trait Lifecycle: Send + Sync {
    /// Changes one stream, in one transaction.
    ///
    /// The checks have this order: the stream exists, [`expected`](StreamChange::expected) holds, the version given
    /// lies within the stream, the number of events is as said. A stream that is deleted can be cut and restored like any
    /// other. A [snapshot](super::Snapshot) that is left with removed events behind it is deleted in the same
    /// transaction: one whose version is at least `first - 1` stays.
    ///
    /// The number of events touched is counted by the database and compared before the transaction ends. What a change
    /// does is for all adapters the same, and [`StreamChange::decide`] knows it.
    ///
    /// # Errors
    /// [`LifecycleError`]; nothing has changed except after [`LifecycleError::OutcomeUnknown`].
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>>;
}
