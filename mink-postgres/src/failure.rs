//! What PostgreSQL's error codes mean for a commit, a read and an open.

use std::sync::Arc;

use mink_runtime::storage::{CommitError, Contended, StorageError};

/// What a failed statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection broke, or the server ended it: what was under way may have happened.
    Lost,
    /// Nothing was sent: no connection could be had.
    Unreachable,
    /// The server chose this transaction to give way to another.
    GaveWay,
    /// A lock was waited for too long.
    LockTimeout,
    /// The server has no memory, no locks or no time left for a statement of this size.
    TooMuch,
    /// There is no room on the disk.
    Full,
    /// The server takes no writes.
    ReadOnly,
    /// An event id is stored already.
    IdTaken,
    /// A value, a constraint or a limit refused the content.
    Refused,
    /// The store was closed.
    Closed,
    /// Anything else that the server or the driver says.
    Unknown,
}

/// What the server said, without the rows that its detail and its context quote.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
struct ServerError {
    code: String,
    message: String,
}

pub(crate) fn fault(error: &sqlx::Error) -> Fault {
    use sqlx::Error;
    use sqlx::postgres::{PgDatabaseError, PgSeverity};
    let database = match error {
        Error::Database(database) => database,
        Error::PoolClosed => return Fault::Closed,
        Error::PoolTimedOut | Error::Configuration(_) => return Fault::Unreachable,
        Error::Encode(_) => return Fault::Refused,
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed => {
            return Fault::Lost;
        }
        _ => return Fault::Unknown,
    };
    // A session that is ended says so in an error too, and may say it after the commit.
    let fatal = database
        .try_downcast_ref::<PgDatabaseError>()
        .is_none_or(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic));
    if fatal {
        return Fault::Lost;
    }
    let code = database.code().unwrap_or_default();
    match &*code {
        "40001" | "40P01" => Fault::GaveWay,
        "55P03" => Fault::LockTimeout,
        "53200" | "57014" => Fault::TooMuch,
        "53100" => Fault::Full,
        "25006" => Fault::ReadOnly,
        "23505" => Fault::IdTaken,
        _ if code.starts_with("53") || code.starts_with("57P") => Fault::Unreachable,
        _ if ["22", "23", "54"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Fault::Refused
        }
        _ => Fault::Unknown,
    }
}

/// The text of an error that may be shown: never a statement's values.
pub(crate) fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::PoolTimedOut => {
            "no connection came free in time: raise `max_connections` or `acquire_timeout`"
                .to_owned()
        }
        other => other.to_string(),
    }
}

fn source(error: &sqlx::Error) -> mink_runtime::storage::Source {
    Arc::new(ServerError {
        code: match error {
            sqlx::Error::Database(database) => database.code().unwrap_or_default().into_owned(),
            _ => "none".to_owned(),
        },
        message: said(error),
    })
}

/// The error of a read or an open.
pub(crate) fn storage_error(error: &sqlx::Error) -> StorageError {
    match fault(error) {
        Fault::Full => StorageError::StorageFull,
        Fault::ReadOnly => StorageError::ReadOnly {
            reason: said(error),
        },
        Fault::Closed => StorageError::Closed,
        Fault::Lost | Fault::Unreachable | Fault::GaveWay | Fault::LockTimeout | Fault::TooMuch => {
            StorageError::Unavailable {
                reason: said(error),
            }
        }
        Fault::IdTaken | Fault::Refused | Fault::Unknown => StorageError::Other(source(error)),
    }
}

/// The error of a commit that was sent alone and whose first stream, or key, is `what`.
pub(crate) fn commit_error(error: &sqlx::Error, what: Contended) -> CommitError {
    let reason = || said(error);
    match fault(error) {
        Fault::Lost => CommitError::OutcomeUnknown { reason: reason() },
        Fault::Unreachable | Fault::TooMuch => CommitError::Unavailable { reason: reason() },
        Fault::GaveWay | Fault::LockTimeout => CommitError::Busy { what },
        Fault::Full => CommitError::StorageFull,
        Fault::ReadOnly => CommitError::ReadOnly { reason: reason() },
        Fault::Refused => CommitError::Refused { reason: reason() },
        Fault::Closed => CommitError::Closed,
        Fault::IdTaken | Fault::Unknown => CommitError::Other(source(error)),
    }
}

/// The error of a commit for which no connection could be had: nothing was sent.
pub(crate) fn acquire_error(error: &sqlx::Error) -> CommitError {
    match error {
        sqlx::Error::PoolClosed => CommitError::Closed,
        error => CommitError::Unavailable {
            reason: said(error),
        },
    }
}
