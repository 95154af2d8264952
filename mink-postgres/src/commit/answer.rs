//! From what the function in the database answered to an answer for each commit.

use mink_runtime::id::EventId;
use mink_runtime::storage::{
    Commit, CommitError, Committed, ConcurrencyConflict, Contended, StreamHead,
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
}

const WRITTEN: i32 = 0;
const CONFLICT: i32 = 1;
const BUSY: i32 = 2;
const RECOGNISED: i32 = 3;
const REUSED: i32 = 4;

impl Rows {
    pub(super) fn decode(rows: &[PgRow]) -> Result<Self, sqlx::Error> {
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Self {
            status: row.try_get(0)?,
            version: row.try_get::<Option<_>, _>(1)?.unwrap_or_default(),
            reused: row.try_get(2)?,
        })
    }

    fn version(&self, append: usize) -> u64 {
        let version = self.version.get(append).copied().flatten().unwrap_or(0);
        u64::try_from(version).unwrap_or(0)
    }
}

pub(super) fn of(commits: &[&Commit], rows: Rows) -> Vec<Answer> {
    let mut first = 0;
    commits
        .iter()
        .map(|commit| {
            let from = first;
            first += commit.appends.len();
            one(commit, &rows, from)
        })
        .collect()
}

fn one(commit: &Commit, rows: &Rows, from: usize) -> Answer {
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
    let recognised = status(0) == Some(RECOGNISED);
    if !recognised && status(0) != Some(WRITTEN) {
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
