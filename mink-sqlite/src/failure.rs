//! What SQLite's result codes mean for a commit, a read and an open.

use std::sync::Arc;

use mink_runtime::storage::{Commit, CommitError, Contended, StorageError};

/// SQLite's primary result codes (<https://www.sqlite.org/rescode.html>) that mean something here.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const TOOBIG: i32 = 18;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const MISMATCH: i32 = 20;
    pub(super) const NOTADB: i32 = 26;
}

/// What a failed statement says about the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Another connection holds the file's write lock.
    Busy,
    /// There is no room.
    Full,
    /// The file, or its directory, cannot be written.
    ReadOnly,
    /// The file cannot be opened.
    CannotOpen,
    /// The file is not what SQLite wrote.
    Damaged,
    /// A constraint or a limit refused one value.
    Refused,
    /// The disk, or the connection's own thread, failed.
    Lost,
    /// The store was closed.
    Closed,
    /// Anything else.
    Unknown,
}

pub(crate) fn fault(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(database) => match primary_code(&**database) {
            Some(code::BUSY | code::LOCKED) => Fault::Busy,
            Some(code::FULL) => Fault::Full,
            Some(code::READONLY) => Fault::ReadOnly,
            Some(code::CANTOPEN) => Fault::CannotOpen,
            Some(code::CORRUPT | code::NOTADB) => Fault::Damaged,
            Some(code::TOOBIG | code::CONSTRAINT | code::MISMATCH) => Fault::Refused,
            Some(code::IOERR) => Fault::Lost,
            _ => Fault::Unknown,
        },
        sqlx::Error::PoolTimedOut => Fault::Busy,
        sqlx::Error::PoolClosed => Fault::Closed,
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Fault::Lost,
        _ => Fault::Unknown,
    }
}

fn primary_code(error: &dyn sqlx::error::DatabaseError) -> Option<i32> {
    // An extended code holds its primary one in the low byte.
    error
        .code()
        .and_then(|code| code.parse::<i32>().ok())
        .map(|code| code & 0xff)
}

/// The error of a read or an open on the store that `label` names.
pub(crate) fn storage_error(error: sqlx::Error, label: &str) -> StorageError {
    let said = || format!("`{label}`: {error}");
    match fault(&error) {
        Fault::Busy | Fault::CannotOpen | Fault::Lost => {
            StorageError::Unavailable { reason: said() }
        }
        Fault::Full => StorageError::StorageFull,
        Fault::ReadOnly => StorageError::ReadOnly { reason: said() },
        Fault::Damaged => StorageError::Corrupt { what: said() },
        Fault::Closed => StorageError::Closed,
        Fault::Refused | Fault::Unknown => StorageError::Other(Arc::new(error)),
    }
}

/// A write that did not come through.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: sqlx::Error,
    /// Whether it failed in, or may have failed in, the COMMIT itself.
    pub(crate) in_commit: bool,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self {
            error,
            in_commit: false,
        }
    }
}

impl Failure {
    /// Whether the content of one commit may be the cause, so that its neighbours are worth trying without it.
    pub(crate) fn may_be_content(&self) -> bool {
        matches!(fault(&self.error), Fault::Refused | Fault::Full)
    }

    /// Whether the connection is not to be trusted with another transaction.
    pub(crate) fn spoils_connection(&self) -> bool {
        matches!(
            fault(&self.error),
            Fault::Lost | Fault::Damaged | Fault::CannotOpen | Fault::Unknown
        )
    }

    /// The error of one commit of the batch that failed so.
    pub(crate) fn commit_error(&self, label: &str, commit: &Commit) -> CommitError {
        let said = || format!("`{label}`: {}", self.error);
        match fault(&self.error) {
            Fault::Busy => match (commit.appends.first(), &commit.idempotency) {
                (Some(append), _) => CommitError::Busy {
                    what: Contended::Stream(append.stream.clone()),
                },
                (None, Some(record)) => CommitError::Busy {
                    what: Contended::Key(record.key),
                },
                (None, None) => CommitError::NoEvents { stream: None },
            },
            Fault::Full => CommitError::StorageFull,
            Fault::ReadOnly | Fault::CannotOpen => CommitError::ReadOnly { reason: said() },
            Fault::Damaged => CommitError::Other(Arc::new(StorageError::Corrupt { what: said() })),
            Fault::Refused => CommitError::Refused { reason: said() },
            Fault::Lost if self.in_commit => CommitError::OutcomeUnknown { reason: said() },
            Fault::Lost => CommitError::Unavailable { reason: said() },
            Fault::Closed => CommitError::Closed,
            Fault::Unknown if self.in_commit => CommitError::OutcomeUnknown { reason: said() },
            Fault::Unknown => {
                CommitError::Other(Arc::new(StorageError::Unavailable { reason: said() }))
            }
        }
    }
}
