//! Snapshots: a stream's state as of one version, so that loading it need not begin at the first event.
//!
//! **Problem.** A stream of a hundred thousand events is slow to load. **Mechanism.** At most one state per stream is
//! kept beside it, and read together with the events that follow. **Cost.** A row per stream that has one; nothing for
//! the others. **What the caller must do.** Treat it as a cache: it may be missing, old or made by another version of
//! the program, and deleting all of them changes no answer.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{Format, StorageError, StreamPage, StreamQuery};
use crate::id::{StreamId, TenantId};

/// Of everything that a state depends on besides the events: a snapshot under another one is as none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The state that a stream's events up to a version make.
#[derive(Clone, PartialEq)]
pub struct Snapshot {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// The version of the last event in the state. At least 1.
    pub version: u64,
    /// Of the state's shape and of what evolves it.
    pub fingerprint: Fingerprint,
    /// How the payload is written. Stores do not check it.
    pub format: Format,
    /// The state, kept byte for byte.
    pub payload: Bytes,
    /// When it was taken, by the taker's clock. Kept to the microsecond; what is finer is cut off.
    pub taken_at: DateTime<Utc>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("tenant", &self.tenant)
            .field("stream", &self.stream)
            .field("version", &self.version)
            .field("fingerprint", &self.fingerprint)
            .field("format", &self.format)
            .field("payload_bytes", &self.payload.len())
            .field("taken_at", &self.taken_at)
            .finish()
    }
}

/// A stream's snapshot and the events that follow it.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotPage {
    /// The state to begin from; `None`: from the beginning.
    pub snapshot: Option<Snapshot>,
    /// The first page of what follows the snapshot, of the same view of the stream; without a snapshot, what
    /// [`Storage::read_stream`](super::Storage::read_stream) gives.
    pub page: StreamPage,
}

/// A place that keeps snapshots. Every store does.
pub trait Snapshots: Send + Sync {
    /// A stream's snapshot under this fingerprint with the events behind it that `query` asks for, oldest first
    /// whatever its direction, in one round trip.
    ///
    /// A snapshot counts as none when its fingerprint is another, when its version is above [`to`](StreamQuery::to) or
    /// above the stream's, when the caller has more (its version is below `from - 1`), and when events between it and
    /// the first that is still readable were removed.
    ///
    /// The query for a further page is made by [`StreamQuery::after`] from `query` and the page, and read by
    /// [`Storage::read_stream`](super::Storage::read_stream).
    ///
    /// # Errors
    /// As [`Storage::read_stream`](super::Storage::read_stream).
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>>;

    /// Keeps a snapshot in place of an older one of its stream, or of one under another fingerprint. `false`, and
    /// nothing changes, when the one that is there has the same fingerprint and is as new or newer. Whether the stream
    /// exists is not asked.
    ///
    /// # Errors
    /// When the store cannot be reached or written.
    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>>;

    /// Deletes the snapshot of one stream, or all of a tenant's; gives back how many there were.
    ///
    /// # Errors
    /// When the store cannot be reached or written.
    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>>;
}
