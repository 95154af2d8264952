//! A batch of commits inside one transaction: look, decide, then write.
//!
//! Everything is decided from reads before the first write, so a commit that cannot be done never has to be
//! taken back from under its neighbours. Statements go to SQLite's own thread one by one, so there are few of
//! them: a single event takes two, whatever else its transaction does.

mod content;
mod key;
mod one_stream;
mod plan;
mod recognise;
mod statement;

use std::collections::HashSet;
use std::sync::Arc;

use mink_runtime::id::EventId;
use mink_runtime::storage::{
    Append, Commit, CommitError, Committed, ConcurrencyConflict, StorageError, StreamHead,
};
use sqlx::SqliteConnection;

pub(crate) use content::check;
use key::Keys;
pub(crate) use one_stream::OneStream;
use plan::{Plan, Write};
use recognise::{Recognition, stored_events};
use statement::Stand;

use crate::failure::Failure;

/// Who begins and ends the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This module: `BEGIN IMMEDIATE` rides with the first statement and `COMMIT` with the last.
    Store,
    /// The caller, who holds it open before and after.
    Caller,
}

/// How much is looked up before writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// Event ids are looked up only where a version does not hold: an id that is stored already breaks the
    /// batch, which is then tried again carefully.
    Optimistic,
    /// Every event id is looked up first.
    Careful,
}

pub(crate) type Answer = Result<Committed, CommitError>;

/// Tries a batch; `answers[i]` answers `batch[i]`. When it fails nothing was written, except as
/// [`Failure::in_commit`] says, and the transaction must be rolled back by the caller of this function.
pub(crate) struct Attempt {
    pub(crate) answers: Vec<Answer>,
    /// Whether a transaction that this module began is still open, since there was nothing to write.
    pub(crate) left_open: bool,
}

/// See [`Attempt`].
pub(crate) async fn attempt(
    conn: &mut SqliteConnection,
    batch: &[Arc<Commit>],
    care: Care,
    owner: Owner,
) -> Result<Attempt, Failure> {
    let appends: Vec<&Append> = batch.iter().flat_map(|commit| &commit.appends).collect();
    let heads = statement::heads(conn, &appends, owner).await?;
    let keys = Keys::of(conn, batch).await?;

    let mut suspects = Vec::new();
    let mut first = 0;
    for commit in batch {
        let streams = &heads.streams[first..first + commit.appends.len()];
        first += commit.appends.len();
        if care == Care::Careful || obstacle(commit, streams).is_some() || keys.is_taken(commit) {
            suspects.push(&**commit);
        }
    }
    let stored = stored_events(conn, &suspects).await?;

    let mut claimed: HashSet<(&str, EventId)> = HashSet::new();
    let mut plan = Plan::after(heads.position);
    let mut answers = Vec::with_capacity(batch.len());
    let mut first = 0;
    for commit in batch {
        let streams = &heads.streams[first..first + commit.appends.len()];
        first += commit.appends.len();
        let recognised = |streams| {
            Ok(Committed {
                id: commit.id,
                streams,
                recognised: true,
            })
        };
        answers.push(match stored.recognise(commit) {
            Recognition::Stored(streams) => recognised(streams),
            _ if keys.recognise(commit) => recognised(Vec::new()),
            recognition => match (keys.check(commit), recognition) {
                (Err(error), _) | (_, Recognition::Reused(error)) => Err(error),
                _ => decide(commit, streams, care, &mut claimed, &mut plan).inspect(|_| {
                    plan.keys.extend(keys.row(commit));
                }),
            },
        });
    }

    let left_open = plan.is_empty() && owner == Owner::Store;
    if !plan.is_empty() {
        statement::write(conn, &plan, owner).await?;
    }
    Ok(Attempt { answers, left_open })
}

/// What stands in a commit's way in its streams: one that is damaged or deleted, or a version that does not hold.
fn obstacle(commit: &Commit, streams: &[Stand]) -> Option<CommitError> {
    let places = || commit.appends.iter().zip(streams);
    if let Some((append, _)) = places().find(|(_, stand)| stand.version < 0) {
        return Some(CommitError::Other(Arc::new(StorageError::Corrupt {
            what: format!("stream `{}` has a version below 0", append.stream),
        })));
    }
    if let Some((append, _)) = places().find(|(_, stand)| stand.deleted) {
        return Some(CommitError::StreamDeleted {
            stream: append.stream.clone(),
        });
    }
    places()
        .map(|(append, stand)| (append, u64::try_from(stand.version).unwrap_or(0)))
        .find(|(append, version)| !append.expected.holds_at(*version))
        .map(|(append, actual)| {
            CommitError::Conflict(ConcurrencyConflict {
                stream: append.stream.clone(),
                expected: append.expected,
                actual,
            })
        })
}

fn decide<'a>(
    commit: &'a Commit,
    stands: &[Stand],
    care: Care,
    claimed: &mut HashSet<(&'a str, EventId)>,
    plan: &mut Plan<'a>,
) -> Answer {
    if let Some(error) = obstacle(commit, stands) {
        return Err(error);
    }
    if care == Care::Careful {
        for append in &commit.appends {
            for event in &append.events {
                if !claimed.insert((append.tenant.as_str(), event.id)) {
                    return Err(CommitError::EventIdReused {
                        id: event.id,
                        stream: append.stream.clone(),
                    });
                }
            }
        }
    }
    let mut streams = Vec::with_capacity(commit.appends.len());
    for (append, stand) in commit.appends.iter().zip(stands) {
        let write = Write::new(append, stand.version);
        streams.push(StreamHead {
            tenant: append.tenant.clone(),
            stream: append.stream.clone(),
            version: u64::try_from(write.last_version()).unwrap_or(0),
        });
        plan.push(write);
    }
    Ok(Committed {
        id: commit.id,
        streams,
        recognised: false,
    })
}
