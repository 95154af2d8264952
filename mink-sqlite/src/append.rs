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
        let versions = &heads.versions[first..first + commit.appends.len()];
        first += commit.appends.len();
        if care == Care::Careful || mismatch(commit, versions).is_some() || keys.is_taken(commit) {
            suspects.push(&**commit);
        }
    }
    let stored = stored_events(conn, &suspects).await?;

    let mut claimed: HashSet<(&str, EventId)> = HashSet::new();
    let mut plan = Plan::after(heads.position);
    let mut answers = Vec::with_capacity(batch.len());
    let mut first = 0;
    for commit in batch {
        let versions = &heads.versions[first..first + commit.appends.len()];
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
                _ => decide(commit, versions, care, &mut claimed, &mut plan).inspect(|_| {
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

fn mismatch<'a>(commit: &'a Commit, versions: &[i64]) -> Option<(&'a Append, u64)> {
    commit
        .appends
        .iter()
        .zip(versions)
        .map(|(append, version)| (append, u64::try_from(*version).unwrap_or(0)))
        .find(|(append, version)| !append.expected.holds_at(*version))
}

fn decide<'a>(
    commit: &'a Commit,
    versions: &[i64],
    care: Care,
    claimed: &mut HashSet<(&'a str, EventId)>,
    plan: &mut Plan<'a>,
) -> Answer {
    if let Some((append, _)) = commit
        .appends
        .iter()
        .zip(versions)
        .find(|(_, version)| **version < 0)
    {
        return Err(CommitError::Other(Arc::new(StorageError::Corrupt {
            what: format!("stream `{}` has a version below 0", append.stream),
        })));
    }
    if let Some((append, actual)) = mismatch(commit, versions) {
        return Err(CommitError::Conflict(ConcurrencyConflict {
            stream: append.stream.clone(),
            expected: append.expected,
            actual,
        }));
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
    for (append, version) in commit.appends.iter().zip(versions) {
        let write = Write::new(append, *version);
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
