//! Commits: one round trip for a batch, and what to do when the batch breaks.

mod answer;
mod arguments;
mod plain;

use std::sync::Arc;
use std::time::Duration;

use mink_runtime::storage::{Commit, CommitError, Committed, Contended, Limits};
use sqlx::PgConnection;

use self::arguments::Batch;
pub(crate) use self::arguments::text as metadata_text;
use self::plain::{Plain, Statements};
use crate::connections::Connections;
use crate::failure::{Fault, acquire_error, commit_error, fault, said};
use crate::schema::{Schema, Sql};

pub(crate) type Answer = Result<Committed, CommitError>;

const COMMIT_BATCH: &str = include_str!("commit/commit_batch.sql");
/// The same function, for a batch in which some commit has a key.
const COMMIT_KEYED: &str = include_str!("commit/commit_keyed.sql");

/// How often a batch that had to give way to another transaction is sent again.
const GIVE_WAY: u32 = 5;

/// The door that commits go through.
pub(crate) struct Committer {
    sql: Sql,
    keyed: Sql,
    plain: Statements,
}

/// Commits that go to the server together.
struct Part {
    items: Vec<usize>,
    /// Try a plain statement first, when one fits.
    plain: bool,
    /// Look up every event id first.
    probe: bool,
    tries: u32,
}

impl Part {
    fn again(self) -> Self {
        Self {
            tries: self.tries + 1,
            ..self
        }
    }

    /// The halves of several commits, or the one commit alone.
    fn halves(mut self) -> Result<[Self; 2], Self> {
        if self.items.len() < 2 {
            return Err(self);
        }
        let right = self.items.split_off(self.items.len() / 2);
        let half = |items| Self {
            items,
            plain: self.plain,
            probe: self.probe,
            tries: 0,
        };
        Ok([half(right), half(self.items)])
    }
}

impl Committer {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self {
            sql: schema.fill(COMMIT_BATCH),
            keyed: schema.fill(COMMIT_KEYED),
            plain: Statements::new(schema),
        }
    }

    /// Commits every value by itself, in one round trip unless one of them breaks the statement: then its neighbours
    /// are sent apart from it. Those that a plain statement did not write are asked about in a second one.
    pub(crate) async fn commit(
        &self,
        connections: &Arc<Connections>,
        batch: &[Arc<Commit>],
    ) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = batch
            .iter()
            .map(|commit| check(commit).err().map(Err))
            .collect();
        let items: Vec<usize> = (0..batch.len())
            .filter(|index| answers[*index].is_none())
            .collect();
        let mut parts = vec![Part {
            items,
            plain: true,
            probe: false,
            tries: 0,
        }];
        while let Some(part) = parts.pop() {
            if part.items.is_empty() {
                continue;
            }
            let mut lease = match connections.lease().await {
                Ok(lease) => lease,
                Err(error) => {
                    for item in part.items {
                        answers[item] = Some(Err(acquire_error(&error)));
                    }
                    continue;
                }
            };
            let commits: Vec<&Commit> = part.items.iter().map(|item| &*batch[*item]).collect();
            let outcome = self.send(lease.conn(), &commits, &part).await;
            lease.give_back(&outcome);
            match outcome {
                Ok(sent) => {
                    for (item, answer) in part.items.iter().zip(sent) {
                        answers[*item] = answer;
                    }
                    let asked_about = |item: &usize| answers[*item].is_none();
                    parts.push(Part {
                        items: part.items.into_iter().filter(asked_about).collect(),
                        plain: false,
                        probe: false,
                        tries: 0,
                    });
                }
                Err(error) => {
                    self.broken(part, &error, batch, &mut parts, &mut answers)
                        .await
                }
            }
        }
        answers
            .into_iter()
            .map(|answer| {
                answer.unwrap_or_else(|| {
                    Err(CommitError::Unavailable {
                        reason: "the commit was not sent".to_owned(),
                    })
                })
            })
            .collect()
    }

    /// One round trip. `None` for those that a plain statement was not enough for.
    async fn send(
        &self,
        conn: &mut PgConnection,
        commits: &[&Commit],
        part: &Part,
    ) -> Result<Vec<Option<Answer>>, sqlx::Error> {
        if part.plain
            && !part.probe
            && let Some(plain) = Plain::of(commits)
        {
            let written = plain.commit(conn, &self.plain).await?;
            return Ok(written.into_iter().map(|done| done.map(Ok)).collect());
        }
        let rows = self
            .call(conn, &Batch::of(commits), false, part.probe)
            .await?;
        Ok(answer::of(commits, rows).into_iter().map(Some).collect())
    }

    /// What becomes of commits whose statement failed. An error that the server answered means that nothing of them
    /// was written.
    async fn broken(
        &self,
        part: Part,
        error: &sqlx::Error,
        batch: &[Arc<Commit>],
        parts: &mut Vec<Part>,
        answers: &mut [Option<Answer>],
    ) {
        let alone = match fault(error) {
            Fault::GaveWay if part.tries < GIVE_WAY => {
                tokio::time::sleep(Duration::from_millis(1 << part.tries)).await;
                parts.push(part.again());
                return;
            }
            Fault::GaveWay
            | Fault::LockTimeout
            | Fault::TooMuch
            | Fault::Refused
            | Fault::Unknown
            | Fault::IdTaken => match part.halves() {
                Ok(halves) => {
                    parts.extend(halves);
                    return;
                }
                Err(alone) => alone,
            },
            Fault::Lost | Fault::Unreachable | Fault::Full | Fault::ReadOnly | Fault::Closed => {
                part
            }
        };
        if fault(error) == Fault::IdTaken && alone.tries < GIVE_WAY {
            parts.push(Part {
                probe: true,
                ..alone.again()
            });
            return;
        }
        for item in alone.items {
            answers[item] = Some(Err(match first(&batch[item]) {
                Some(what) => commit_error(error, what),
                None => CommitError::NoEvents { stream: None },
            }));
        }
    }

    /// Appends inside a transaction that the caller owns, waiting for streams that others hold.
    pub(crate) async fn append_in(&self, conn: &mut PgConnection, commit: &Commit) -> Answer {
        check(commit)?;
        let first = first(commit).ok_or(CommitError::NoEvents { stream: None })?;
        // In here an error of the server would end the caller's transaction: what can be refused is refused before.
        for event in commit.events() {
            if matches!(event.format, mink_runtime::storage::Format::Json)
                && serde_json::from_slice::<serde::de::IgnoredAny>(&event.payload).is_err()
            {
                return Err(CommitError::Refused {
                    reason: format!("the payload of event {} is not JSON", event.id),
                });
            }
        }
        let arguments = Batch::of(&[commit]);
        match self.call(conn, &arguments, true, true).await {
            Ok(rows) => answer::of(&[commit], rows)
                .pop()
                .unwrap_or(Err(CommitError::NoEvents { stream: None })),
            Err(error) => Err(in_transaction(&error, first)),
        }
    }

    /// Reads to the end: the rows come before the commit, and what comes after it is that it happened.
    async fn call(
        &self,
        conn: &mut PgConnection,
        batch: &Batch<'_>,
        wait: bool,
        probe: bool,
    ) -> Result<answer::Rows, sqlx::Error> {
        let sql = match batch.is_keyed() {
            true => &self.keyed,
            false => &self.sql,
        };
        let rows = batch
            .bind(sqlx::query(sql.safe()).bind(wait).bind(probe))
            .fetch_all(conn)
            .await?;
        answer::Rows::decode(&rows)
    }
}

/// What other transactions may want too: a commit has a stream or a key.
fn first(commit: &Commit) -> Option<Contended> {
    let stream = commit.appends.first();
    stream
        .map(|append| Contended::Stream(append.stream.clone()))
        .or_else(|| {
            commit
                .idempotency
                .as_ref()
                .map(|key| Contended::Key(key.key))
        })
}

/// In a transaction that goes no further nothing is unknown: it is not committed.
fn in_transaction(error: &sqlx::Error, what: Contended) -> CommitError {
    match fault(error) {
        Fault::Lost => CommitError::Unavailable {
            reason: said(error),
        },
        _ => commit_error(error, what),
    }
}

/// Refuses what no statement can be made of. Sizes are the caller's to limit.
fn check(commit: &Commit) -> Result<(), CommitError> {
    commit.check(&Limits {
        event_bytes: usize::MAX,
        commit_events: usize::MAX,
    })?;
    for event in commit.events() {
        if matches!(event.format, mink_runtime::storage::Format::Json)
            && std::str::from_utf8(&event.payload).is_err()
        {
            return Err(CommitError::Refused {
                reason: format!(
                    "the payload of event {} is not JSON: it is not UTF-8",
                    event.id
                ),
            });
        }
    }
    Ok(())
}
