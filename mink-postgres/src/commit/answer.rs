//! From what the function in the database answered to an answer for each commit.

use chrono::{DateTime, Utc};
use mink_runtime::id::EventId;
use mink_runtime::storage::{
    Commit, CommitError, Committed, ConcurrencyConflict, Contended, IdempotencyRecord,
    StoredAnswer, StreamHead,
};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Answer;

/// One element per append; the numbers are explained in the migration that makes the function.
pub(super) struct Rows {
    status: Vec<i32>,
    version: Vec<Option<i64>>,
    reused: Option<Vec<Option<Uuid>>>,
    keys: Keys,
}

/// One element per commit with a key.
#[derive(Default)]
struct Keys {
    status: Vec<i32>,
    command: Vec<Option<String>>,
    fingerprint: Vec<Option<Vec<u8>>>,
    answer: Vec<Option<Vec<u8>>>,
    recorded_at: Vec<Option<DateTime<Utc>>>,
    until: Vec<Option<DateTime<Utc>>>,
}

const WRITTEN: i32 = 0;
const CONFLICT: i32 = 1;
const BUSY: i32 = 2;
const RECOGNISED: i32 = 3;
const REUSED: i32 = 4;
const ANSWERED: i32 = 6;
const HELD: i32 = 7;
const LOST: i32 = 8;

impl Rows {
    pub(super) fn decode(rows: &[PgRow]) -> Result<Self, sqlx::Error> {
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Self {
            status: row.try_get(0)?,
            version: row.try_get::<Option<_>, _>(1)?.unwrap_or_default(),
            reused: row.try_get(2)?,
            keys: if row.len() > 3 {
                Keys::decode(row)?
            } else {
                Keys::default()
            },
        })
    }

    fn version(&self, append: usize) -> u64 {
        let version = self.version.get(append).copied().flatten().unwrap_or(0);
        u64::try_from(version).unwrap_or(0)
    }
}

impl Keys {
    fn decode(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            status: row.try_get(3)?,
            command: row.try_get(4)?,
            fingerprint: row.try_get(5)?,
            answer: row.try_get(6)?,
            recorded_at: row.try_get(7)?,
            until: row.try_get(8)?,
        })
    }

    /// What stands in the way of a commit's key.
    fn refusal(&mut self, index: usize, record: &IdempotencyRecord) -> Option<CommitError> {
        let until = self.until.get(index).copied().flatten().unwrap_or_default();
        match self.status.get(index).copied()? {
            BUSY => Some(CommitError::Busy {
                what: Contended::Key(record.key),
            }),
            ANSWERED => {
                let answer = self.answer.get_mut(index)?.take()?;
                let fingerprint = self.fingerprint.get_mut(index)?.take()?;
                Some(CommitError::Answered(Box::new(StoredAnswer {
                    command: self.command.get_mut(index)?.take()?,
                    fingerprint: fingerprint.try_into().ok()?,
                    answer: answer.into(),
                    recorded_at: self.recorded_at.get(index).copied().flatten()?,
                    expires_at: until,
                })))
            }
            HELD => Some(CommitError::KeyHeld { until }),
            LOST => Some(CommitError::ReservationLost),
            _ => None,
        }
    }
}

pub(super) fn of(commits: &[&Commit], mut rows: Rows) -> Vec<Answer> {
    let mut first = 0;
    let mut key = 0;
    commits
        .iter()
        .map(|commit| {
            let from = first;
            first += commit.appends.len();
            let mut status = None;
            if let Some(record) = &commit.idempotency {
                if let Some(refusal) = rows.keys.refusal(key, record) {
                    key += 1;
                    return Err(refusal);
                }
                status = rows.keys.status.get(key).copied();
                key += 1;
            }
            one(commit, &rows, from, status)
        })
        .collect()
}

/// `key` is the status of the commit's key, which speaks for a commit that has nothing else.
fn one(commit: &Commit, rows: &Rows, from: usize, key: Option<i32>) -> Answer {
    let status = |index: usize| rows.status.get(from + index).copied();
    let marked = |wanted: i32| {
        commit
            .appends
            .iter()
            .enumerate()
            .find(|(index, _)| status(*index) == Some(wanted))
    };
    if let Some((_, append)) = marked(BUSY) {
        return Err(CommitError::Busy {
            what: Contended::Stream(append.stream.clone()),
        });
    }
    if let Some((index, _)) = marked(REUSED) {
        let reused = rows.reused.as_ref();
        let id = reused.and_then(|ids| ids.get(from + index).copied().flatten());
        let found = id.map(EventId).and_then(|id| {
            let holds = |append: &&mink_runtime::storage::Append| {
                append.events.iter().any(|event| event.id == id)
            };
            let append = commit.appends.iter().find(holds)?;
            Some((id, append.stream.clone()))
        });
        if let Some((id, stream)) = found {
            return Err(CommitError::EventIdReused { id, stream });
        }
    }
    if let Some((index, append)) = marked(CONFLICT) {
        return Err(CommitError::Conflict(ConcurrencyConflict {
            stream: append.stream.clone(),
            expected: append.expected,
            actual: rows.version(from + index),
        }));
    }
    let outcome = match commit.appends.is_empty() {
        true => key,
        false => status(0),
    };
    let recognised = outcome == Some(RECOGNISED);
    if !recognised && outcome != Some(WRITTEN) {
        return Err(CommitError::OutcomeUnknown {
            reason: "the function in the database gave no answer for this commit".to_owned(),
        });
    }
    Ok(Committed {
        id: commit.id,
        streams: commit
            .appends
            .iter()
            .enumerate()
            .map(|(index, append)| StreamHead {
                tenant: append.tenant.clone(),
                stream: append.stream.clone(),
                version: rows.version(from + index),
            })
            .collect(),
        recognised,
    })
}
