use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::StorageError;
use crate::id::Position;

/// How a store is: what [`Storage::health`](super::Storage::health) answers, also when the store is down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct StoreHealth {
    /// Why it does not answer; `None` when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<StoreFault>,
    /// The version of its tables; `None` for a store without, and when it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaVersion>,
    /// The newest position of the feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Position>,
    /// What is committed and has no place in the feed yet; `None` for a store that gives places while it commits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<FeedLag>,
}

/// The version of a store's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SchemaVersion {
    /// That of the tables.
    pub found: u32,
    /// The newest that this program knows.
    pub known: u32,
}

/// What is committed and has no place in the feed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FeedLag {
    /// How many events, as far as they were counted.
    pub events: u64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// How long the oldest of them has waited, at most. In milliseconds when it is serialized.
    #[serde(rename = "oldest_ms", serialize_with = "milliseconds")]
    pub oldest: Duration,
}

/// Why a store does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreFault {
    /// For programs to tell faults apart: `unavailable`, `timed_out`, `closed`, `read_only`, `storage_full`,
    /// `schema`, `corrupt`, `other`.
    pub kind: &'static str,
    /// For people. Holds no password and no payload; it may name hosts and files.
    pub detail: String,
}

impl StoreHealth {
    /// A store that answers, whose feed is at `head`.
    #[must_use]
    pub fn at(head: Position) -> Self {
        Self {
            head: Some(head),
            ..Self::default()
        }
    }

    /// A store that does not answer.
    #[must_use]
    pub fn failed(error: &StorageError) -> Self {
        Self {
            fault: Some(StoreFault::of(error)),
            ..Self::default()
        }
    }

    /// A store that has not answered for so long.
    #[must_use]
    pub fn silent(deadline: Duration) -> Self {
        Self {
            fault: Some(StoreFault {
                kind: "timed_out",
                detail: format!("the store did not answer within {deadline:?}"),
            }),
            ..Self::default()
        }
    }
}

impl StoreFault {
    fn of(error: &StorageError) -> Self {
        let kind = match error {
            StorageError::Unavailable { .. } => "unavailable",
            StorageError::Closed => "closed",
            StorageError::ReadOnly { .. } => "read_only",
            StorageError::StorageFull => "storage_full",
            StorageError::SchemaTooOld { .. }
            | StorageError::SchemaTooNew { .. }
            | StorageError::MigrationChanged { .. } => "schema",
            StorageError::Corrupt { .. } => "corrupt",
            _ => "other",
        };
        Self {
            kind,
            detail: error.to_string(),
        }
    }
}

impl fmt::Display for StoreHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(fault) = &self.fault {
            return write!(f, "{}: {}", fault.kind, fault.detail);
        }
        f.write_str("answers")?;
        if let Some(SchemaVersion { found, known }) = self.schema {
            write!(f, ", schema {found}")?;
            if found != known {
                write!(f, " (this program knows {known})")?;
            }
        }
        if let Some(head) = self.head {
            write!(f, ", feed at {head}")?;
        }
        if let Some(lag) = self.lag {
            write!(f, ", {lag}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FeedLag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.events == 0 {
            return f.write_str("no event waits for its place");
        }
        let more = if self.more { "more than " } else { "" };
        let oldest =
            Duration::from_millis(u64::try_from(self.oldest.as_millis()).unwrap_or(u64::MAX));
        write!(
            f,
            "{more}{} events wait for their place in the feed, for up to {oldest:?}",
            self.events
        )
    }
}

pub(crate) fn milliseconds<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}
