use crate::id::StreamId;
use crate::storage::{RestoreFault, Source};

/// Why a part of a stream could not be archived or brought back. Never shows what is in an event.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The archive has no part that ends where the events in the store begin.
    #[error(
        "the archive has no part of `{stream}` that ends with version {last}, which is to come back next: `{place}` is not there. Is it the archive that the stream was archived to, and whole?"
    )]
    Missing {
        /// Which stream.
        stream: StreamId,
        /// The version of the last event that is archived.
        last: u64,
        /// Where such a part would be.
        place: String,
    },
    /// A part is not as it was written.
    #[error(
        "`{place}` is damaged: {reason}. Replace it by a copy from a backup; as long as the store still has the events, removing it is enough"
    )]
    Damaged {
        /// Where it is.
        place: String,
        /// What is wrong with it. Holds no payload.
        reason: String,
    },
    /// A part was written by a newer program.
    #[error(
        "`{place}` was written in form {found}, this program knows up to {known}: update the program"
    )]
    TooNew {
        /// Where it is.
        place: String,
        /// The form it is written in.
        found: u32,
        /// The newest this program knows.
        known: u32,
    },
    /// A part holds events of another tenant, another stream or other versions than its name says.
    #[error(
        "`{place}` is whole, but holds another part than its name says: it was moved or renamed. Put it back under its own name"
    )]
    Foreign {
        /// Where it is.
        place: String,
    },
    /// An earlier run left a part whose events are not those of the store. Nothing leaves the store.
    #[error(
        "`{place}` is there from an earlier run, and its event at version {version} is not the one in the store: move it away if it is of another database, then archive again"
    )]
    Differs {
        /// Where it is.
        place: String,
        /// The first version that differs.
        version: u64,
    },
    /// The store does not take an event back.
    #[error(
        "`{place}` cannot be restored, its event at version {version} does not fit the store: {reason}. Is it the archive of this database?"
    )]
    NotRestorable {
        /// Where it is.
        place: String,
        /// The version of the event.
        version: u64,
        /// What the store objects to.
        reason: RestoreFault,
    },
    /// The archive gave back other bytes than it was given. Nothing leaves the store.
    #[error(
        "`{place}` does not read as it was written: the archive does not keep what it is given"
    )]
    NotKept {
        /// Where it is.
        place: String,
    },
    /// A part cannot be put into words.
    #[error("version {version} of `{stream}` cannot be written to an archive: {reason}")]
    Unwritable {
        /// Which stream.
        stream: StreamId,
        /// The version of the event.
        version: u64,
        /// Why. Holds no payload.
        reason: String,
    },
    /// The archive cannot be reached, read or written.
    #[error("cannot {action} `{place}`: {reason}")]
    Failed {
        /// What was tried: "write", "read", ...
        action: &'static str,
        /// Where.
        place: String,
        /// What the system said.
        reason: Source,
    },
}
