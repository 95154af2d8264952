use std::collections::HashSet;

use super::{CommitError, Format, IdempotencyRecord, NewEvent};
use crate::id::{CommitId, StreamId, TenantId};

/// What the writer believes of a stream's version. The version is the number of events ever appended; the first
/// event has version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedVersion {
    /// No belief: append behind whatever is there.
    Any,
    /// The stream must not exist.
    NoStream,
    /// The stream must exist, at any version.
    StreamExists,
    /// The stream's last event must have this version. `Exact(0)` means the same as [`NoStream`](Self::NoStream).
    Exact(u64),
}

impl std::fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no stream"),
            Self::StreamExists => f.write_str("an existing stream"),
            Self::Exact(version) => write!(f, "version {version}"),
        }
    }
}

impl ExpectedVersion {
    /// Whether a stream at `version` (0: it does not exist) is as expected.
    #[must_use]
    pub fn holds_at(self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => version == 0,
            Self::StreamExists => version > 0,
            Self::Exact(expected) => version == expected,
        }
    }
}

/// Events for one stream.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// What its version must be.
    pub expected: ExpectedVersion,
    /// At least one event, in order.
    pub events: Vec<NewEvent>,
}

/// Everything that happens together: a plain value, all of it or none of it.
///
/// Submitting the same value again answers the first result. It is recognised by the ids of its events, or by its own
/// when it has a key and no events, which is why a value is built once and resubmitted as it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Commit {
    /// Names the value in logs and errors, and is kept with the answer under its key.
    pub id: CommitId,
    /// One entry per stream; several streams are allowed, the same stream twice is not. May be empty when there is a
    /// key.
    pub appends: Vec<Append>,
    /// The answer to keep under an idempotency key; the commit is done only while the key can be taken. See
    /// [`Keys`](super::Keys).
    pub idempotency: Option<IdempotencyRecord>,
}

/// How much one event and one commit may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest payload of one event, and the largest answer under a key, in bytes. 1 MiB unless configured.
    pub event_bytes: usize,
    /// The most events in one commit. 10,000 unless configured.
    pub commit_events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes: 1024 * 1024,
            commit_events: 10_000,
        }
    }
}

impl Commit {
    /// A commit of these appends under a fresh id.
    #[must_use]
    pub fn new(appends: Vec<Append>) -> Self {
        Self {
            id: CommitId::new(),
            appends,
            idempotency: None,
        }
    }

    /// The same commit, done only while the record's key can be taken, with the answer kept under it.
    #[must_use]
    pub fn with_idempotency(mut self, record: IdempotencyRecord) -> Self {
        self.idempotency = Some(record);
        self
    }

    /// How many events it holds.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.appends.iter().map(|append| append.events.len()).sum()
    }

    /// How many bytes of payload it holds, those of the answer under its key included.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        let answer = self.idempotency.as_ref().map_or(0, |key| key.answer.len());
        answer
            + self
                .events()
                .map(|event| event.payload.len())
                .sum::<usize>()
    }

    /// Every event, in order.
    pub fn events(&self) -> impl Iterator<Item = &NewEvent> {
        self.appends.iter().flat_map(|append| &append.events)
    }

    /// Refuses what no store could keep, before anything is written.
    ///
    /// # Errors
    /// [`CommitError::NoEvents`], [`CommitError::EventTooLarge`], [`CommitError::AnswerTooLarge`],
    /// [`CommitError::TooManyEvents`], [`CommitError::StreamTwice`], [`CommitError::EventIdReused`] for an id used
    /// twice within this value, [`CommitError::InvalidVersion`], [`CommitError::ReservedFormat`].
    pub fn check(&self, limits: &Limits) -> Result<(), CommitError> {
        match &self.idempotency {
            Some(record) if record.answer.len() > limits.event_bytes => {
                return Err(CommitError::AnswerTooLarge {
                    command: record.command.to_string(),
                    bytes: record.answer.len(),
                    limit: limits.event_bytes,
                });
            }
            None if self.appends.is_empty() => {
                return Err(CommitError::NoEvents { stream: None });
            }
            _ => {}
        }
        let count = self.event_count();
        if count > limits.commit_events {
            return Err(CommitError::TooManyEvents {
                events: count,
                limit: limits.commit_events,
            });
        }
        // One of a kind is nobody's double: most commits hold one event of one stream, and pay for no set.
        let (one_stream, one_event) = (self.appends.len() == 1, count == 1);
        let mut streams = HashSet::new();
        let mut ids = HashSet::with_capacity(if one_event { 0 } else { count });
        for append in &self.appends {
            if append.events.is_empty() {
                return Err(CommitError::NoEvents {
                    stream: Some(append.stream.clone()),
                });
            }
            if !one_stream && !streams.insert((&append.tenant, &append.stream)) {
                return Err(CommitError::StreamTwice {
                    stream: append.stream.clone(),
                });
            }
            if let ExpectedVersion::Exact(version) = append.expected
                && i64::try_from(version).is_err()
            {
                return Err(CommitError::InvalidVersion {
                    stream: append.stream.clone(),
                    version,
                });
            }
            for event in &append.events {
                if event.payload.len() > limits.event_bytes {
                    return Err(CommitError::EventTooLarge {
                        event_type: event.event_type.to_string(),
                        stream: append.stream.clone(),
                        bytes: event.payload.len(),
                        limit: limits.event_bytes,
                    });
                }
                if let Format::Binary(name) = &event.format
                    && Format::RESERVED.contains(&&**name)
                {
                    return Err(CommitError::ReservedFormat {
                        event_type: event.event_type.to_string(),
                        format: name.to_string(),
                    });
                }
                if !one_event && !ids.insert((&append.tenant, event.id)) {
                    return Err(CommitError::EventIdReused {
                        id: event.id,
                        stream: append.stream.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// A stream and the version a commit brought it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHead {
    /// Whose stream.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// The version of the last event that this commit appended to it.
    pub version: u64,
}

/// A commit is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Which commit.
    pub id: CommitId,
    /// One entry per [`Append`], in the same order.
    pub streams: Vec<StreamHead>,
    /// The value was committed already by an earlier submission: nothing was written now.
    pub recognised: bool,
}
