use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{ExpectedVersion, KeyDigest, StoredAnswer};
use crate::id::{EventId, StreamId};

/// What the driver said, kept for the log.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Another writer was first: the stream is not at the version that the writer expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream `{stream}` is at version {actual}, the writer expected {expected}")]
pub struct ConcurrencyConflict {
    /// Which stream.
    pub stream: StreamId,
    /// What the writer expected.
    pub expected: ExpectedVersion,
    /// The version it is at; 0 when it does not exist.
    pub actual: u64,
}

/// What several transactions want at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contended {
    /// A stream.
    Stream(StreamId),
    /// An idempotency key.
    Key(KeyDigest),
}

impl std::fmt::Display for Contended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream `{stream}`"),
            Self::Key(key) => write!(f, "idempotency key {key}"),
        }
    }
}

/// Why a commit was not done. Except for [`OutcomeUnknown`](Self::OutcomeUnknown), nothing of it was written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Another writer was first. Load again and decide anew.
    #[error(transparent)]
    Conflict(#[from] ConcurrencyConflict),
    /// Another transaction holds one of the streams, or the key. Try the same value again a little later.
    #[error("{what} is held by another transaction")]
    Busy {
        /// What is held.
        what: Contended,
    },
    /// The key is answered: the command was done before. Holds the answer, which is nothing to log.
    #[error(
        "the idempotency key was used before, by command `{}` at {}: its answer is stored", .0.command, .0.recorded_at
    )]
    Answered(Box<StoredAnswer>),
    /// Somebody has reserved the key and works under it.
    #[error("the idempotency key is reserved until {until}: a command with it is at work")]
    KeyHeld {
        /// When the reservation lapses, by the store's clock.
        until: DateTime<Utc>,
    },
    /// The reservation that the commit was to complete lapsed, and is swept or another's now.
    #[error(
        "the idempotency key's reservation has lapsed and is gone: reserve for longer than the work takes"
    )]
    ReservationLost,
    /// One of the streams is deleted.
    #[error(
        "stream `{stream}` is deleted: undelete it with `app.lifecycle::<A>(id)?.undelete()` before appending to it"
    )]
    StreamDeleted {
        /// Which stream.
        stream: StreamId,
    },
    /// An event with this id is stored already, but not as part of the same commit.
    #[error(
        "event id {id} (for stream `{stream}`) is used already: an id names one event, give a new event a new id"
    )]
    EventIdReused {
        /// The id.
        id: EventId,
        /// The stream that it was to be appended to.
        stream: StreamId,
    },
    /// A commit, or one of its appends, holds no event.
    #[error("nothing to append{}", .stream.as_ref().map(|s| format!(" to stream `{s}`")).unwrap_or_default())]
    NoEvents {
        /// The stream, when the commit names one.
        stream: Option<StreamId>,
    },
    /// The same stream occurs twice in one commit.
    #[error("stream `{stream}` occurs twice in one commit: put its events into one append")]
    StreamTwice {
        /// Which stream.
        stream: StreamId,
    },
    /// A payload is larger than the configured limit.
    #[error(
        "event `{event_type}` for stream `{stream}` is {bytes} bytes, the limit is {limit}: keep large content elsewhere and store a reference, or raise the limit"
    )]
    EventTooLarge {
        /// The stored name of its type.
        event_type: String,
        /// Which stream.
        stream: StreamId,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An answer to keep under a key is larger than the configured limit.
    #[error(
        "the answer of command `{command}` is {bytes} bytes, the limit for keeping it under an idempotency key is {limit}: answer with less, or raise the limit"
    )]
    AnswerTooLarge {
        /// The name of the command.
        command: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An event's format has a name that marks removed events.
    #[error("event `{event_type}`: a format cannot be named `{format}`, give it another name")]
    ReservedFormat {
        /// The stored name of its type.
        event_type: String,
        /// The name.
        format: String,
    },
    /// The store does not offer what the commit asks for.
    #[error("the store does not offer {what}")]
    Unsupported {
        /// What it lacks.
        what: &'static str,
    },
    /// The commit holds more events than the configured limit.
    #[error("a commit of {events} events, the limit is {limit}: split it, or raise the limit")]
    TooManyEvents {
        /// How many.
        events: usize,
        /// The limit.
        limit: usize,
    },
    /// An expected version that no stream can have.
    #[error("stream `{stream}`: version {version} is out of range")]
    InvalidVersion {
        /// Which stream.
        stream: StreamId,
        /// What was expected.
        version: u64,
    },
    /// The database refused the content: a payload that is not what its format says, a value out of range.
    #[error("the store refused the commit: {reason}")]
    Refused {
        /// What the database objects to. Holds no payload.
        reason: String,
    },
    /// The disk is full. Nothing of the commit was written; it may be submitted again once there is room.
    #[error("the store's disk is full: make room, then try again")]
    StorageFull,
    /// The store is read-only.
    #[error("the store cannot be written: {reason}")]
    ReadOnly {
        /// What the database said.
        reason: String,
    },
    /// The store could not be reached, and it is certain that nothing was written.
    #[error("the store could not be reached: {reason}")]
    Unavailable {
        /// What the driver said.
        reason: String,
    },
    /// The connection was lost while the commit was under way: it may have happened or not. Submitting the same
    /// value again finds out.
    #[error(
        "the connection was lost in mid-commit, so it is not known whether the commit happened: submit the same value again to find out ({reason})"
    )]
    OutcomeUnknown {
        /// What the driver said.
        reason: String,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// The driver failed in a way that has no name here.
    #[error("the store failed: {0}")]
    Other(Source),
}

impl CommitError {
    /// Whether the same value may succeed when it is submitted again without change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Busy { .. } | Self::Unavailable { .. } | Self::OutcomeUnknown { .. }
        )
    }
}

/// Why a read failed, or a store could not be opened.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Nothing was ever written to this stream.
    #[error("stream `{stream}` does not exist")]
    StreamNotFound {
        /// Which stream.
        stream: StreamId,
    },
    /// The stream is deleted.
    #[error("stream `{stream}` is deleted: undelete it with `app.lifecycle::<A>(id)?.undelete()`")]
    StreamDeleted {
        /// Which stream.
        stream: StreamId,
    },
    /// The store does not offer this.
    #[error("the store does not offer {what}")]
    Unsupported {
        /// What it lacks.
        what: &'static str,
    },
    /// The URL cannot be understood. Shown without its password.
    #[error("store URL `{url}`: {reason}")]
    InvalidUrl {
        /// The URL without its password.
        url: String,
        /// What is wrong with it and what to write.
        reason: String,
    },
    /// No linked adapter knows the URL's scheme.
    #[error("{}", unknown_scheme(.scheme, .known))]
    UnknownScheme {
        /// The scheme.
        scheme: String,
        /// The schemes that linked adapters know.
        known: Vec<&'static str>,
    },
    /// The database's schema is older than this program: migrate it.
    #[error(
        "the store's schema is at version {found}, this program needs {needed}: run its migrations first"
    )]
    SchemaTooOld {
        /// The version found.
        found: u32,
        /// The version needed.
        needed: u32,
    },
    /// The database's schema was made by a newer program.
    #[error(
        "the store's schema is at version {found}, this program knows up to {known}: update the program"
    )]
    SchemaTooNew {
        /// The version found.
        found: u32,
        /// The newest this program knows.
        known: u32,
    },
    /// A migration that was applied is not the one this program carries.
    #[error(
        "migration {version} (`{name}`) was applied with another content than this program carries: the schema was changed by hand, or by another build"
    )]
    MigrationChanged {
        /// Which migration.
        version: u32,
        /// Its name.
        name: String,
    },
    /// A stored row breaks the schema's own rules: the file or table was changed by other means.
    #[error("a stored row is damaged: {what}")]
    Corrupt {
        /// Which row and what is wrong with it. Holds no payload.
        what: String,
    },
    /// The store could not be reached.
    #[error("the store could not be reached: {reason}")]
    Unavailable {
        /// What the driver said.
        reason: String,
    },
    /// The disk is full.
    #[error("the store's disk is full: make room, then try again")]
    StorageFull,
    /// The store is read-only.
    #[error("the store cannot be written: {reason}")]
    ReadOnly {
        /// What the database said.
        reason: String,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// The driver failed in a way that has no name here.
    #[error("the store failed: {0}")]
    Other(Source),
}

fn unknown_scheme(scheme: &str, known: &[&str]) -> String {
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let hint = match scheme {
        "postgres" | "postgresql" => {
            "; to use PostgreSQL, enable the feature `postgres` of the crate `mink`"
        }
        "sqlite" => "; to use SQLite, enable the feature `sqlite` of the crate `mink`",
        _ => "",
    };
    format!("no linked storage adapter knows `{scheme}:` (linked: {known}){hint}")
}
