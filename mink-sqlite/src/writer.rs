//! The one connection that writes, and what it does when a transaction fails.

use std::sync::Arc;

use mink_runtime::storage::{Commit, CommitError};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool};

use crate::append::{self, Answer, Attempt, Care, OneStream, Owner};
use crate::failure::Failure;

/// Where the writer's connection comes from.
enum Source {
    /// A connection of its own on the file, opened again after a failure that spoils it.
    File(Box<SqliteConnectOptions>, Option<SqliteConnection>),
    /// The only connection there is on the memory.
    Memory(SqlitePool),
    /// The store was opened for reading only.
    None,
}

pub(crate) struct Writer {
    source: Source,
    label: Arc<str>,
    /// Whether a transaction may have been left open: by a failed rollback, or by a runtime that was shut down
    /// in the middle of one.
    unfinished: bool,
}

/// The connection for one batch.
enum Lease<'a> {
    Own(&'a mut SqliteConnection),
    Shared(PoolConnection<Sqlite>),
}

impl Lease<'_> {
    fn conn(&mut self) -> &mut SqliteConnection {
        match self {
            Lease::Own(conn) => conn,
            Lease::Shared(conn) => conn,
        }
    }
}

/// How a batch is tried.
enum How<'a> {
    /// Without looking first.
    InOneText(OneStream<'a>),
    /// Looking first where everything stands.
    Looking(&'a [Arc<Commit>], Care),
}

impl How<'_> {
    async fn attempt(self, conn: &mut SqliteConnection) -> Result<Attempt, Failure> {
        match self {
            Self::InOneText(commit) => Ok(Attempt {
                answers: vec![Ok(commit.commit(conn).await?)],
                left_open: false,
            }),
            Self::Looking(batch, care) => append::attempt(conn, batch, care, Owner::Store).await,
        }
    }
}

impl Writer {
    pub(crate) fn on_file(
        options: SqliteConnectOptions,
        conn: SqliteConnection,
        label: Arc<str>,
    ) -> Self {
        Self {
            source: Source::File(Box::new(options), Some(conn)),
            label,
            unfinished: false,
        }
    }

    pub(crate) fn on_memory(pool: SqlitePool, label: Arc<str>) -> Self {
        Self {
            source: Source::Memory(pool),
            label,
            unfinished: false,
        }
    }

    pub(crate) fn none(label: Arc<str>) -> Self {
        Self {
            source: Source::None,
            label,
            unfinished: false,
        }
    }

    /// Commits a batch in one transaction; `answers[i]` answers `batch[i]`.
    pub(crate) async fn commit(&mut self, batch: &[Arc<Commit>]) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = batch
            .iter()
            .map(|commit| append::check(commit).err().map(Err))
            .collect();
        let live: Vec<Arc<Commit>> = batch
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| answer.is_none())
            .map(|(commit, _)| commit.clone())
            .collect();
        if live.is_empty() {
            return answers.into_iter().flatten().collect();
        }
        let written = self.commit_checked(&live).await;
        let open = answers.iter_mut().filter(|answer| answer.is_none());
        for (answer, written) in open.zip(written) {
            *answer = Some(written);
        }
        answers.into_iter().flatten().collect()
    }

    async fn commit_checked(&mut self, batch: &[Arc<Commit>]) -> Vec<Answer> {
        let in_one_text = OneStream::of(batch).map(How::InOneText);
        let looking = How::Looking(batch, Care::Optimistic);
        for how in in_one_text.into_iter().chain([looking]) {
            match self.transaction(how).await {
                Ok(answers) => return answers,
                Err(failure) if failure.may_be_content() => {}
                Err(failure) => return self.failed(batch, &failure),
            }
        }
        let failure = match self.transaction(How::Looking(batch, Care::Careful)).await {
            Ok(answers) => return answers,
            Err(failure) => failure,
        };
        if !failure.may_be_content() || batch.len() == 1 {
            return self.failed(batch, &failure);
        }
        let mut answers = Vec::with_capacity(batch.len());
        for commit in batch {
            let alone = std::slice::from_ref(commit);
            answers.extend(
                match self.transaction(How::Looking(alone, Care::Careful)).await {
                    Ok(answers) => answers,
                    Err(failure) => self.failed(alone, &failure),
                },
            );
        }
        answers
    }

    fn failed(&self, batch: &[Arc<Commit>], failure: &Failure) -> Vec<Answer> {
        if matches!(self.source, Source::None) {
            let reason = format!("`{}` was opened with `mode=ro`", self.label);
            return vec![Err(CommitError::ReadOnly { reason }); batch.len()];
        }
        tracing::debug!(error = %failure.error, in_commit = failure.in_commit, "a batch failed");
        batch
            .iter()
            .map(|commit| match commit.appends.first() {
                Some(append) => Err(failure.commit_error(&self.label, &append.stream)),
                None => Err(CommitError::NoEvents { stream: None }),
            })
            .collect()
    }

    async fn transaction(&mut self, how: How<'_>) -> Result<Vec<Answer>, Failure> {
        let Self {
            source, unfinished, ..
        } = self;
        let mut lease = lease(source).await?;
        if *unfinished {
            rollback(lease.conn()).await.ok();
        }
        *unfinished = true;
        let outcome = how.attempt(lease.conn()).await;
        let (outcome, spoiled) = match outcome {
            Ok(Attempt { answers, left_open }) => {
                let ended = !left_open || rollback(lease.conn()).await.is_ok();
                *unfinished = !ended;
                (Ok(answers), false)
            }
            Err(failure) => {
                // Some failures end the transaction by themselves; then there is nothing to roll back, here and
                // before the next batch.
                *unfinished = rollback(lease.conn()).await.is_err();
                let spoiled = failure.spoils_connection();
                (Err(failure), spoiled)
            }
        };
        drop(lease);
        if spoiled && let Source::File(_, conn) = source {
            *conn = None;
        }
        outcome
    }

    /// Gives the connection back, which lets SQLite tidy its log away.
    pub(crate) async fn close(&mut self) {
        if let Source::File(_, conn) = &mut self.source
            && let Some(conn) = conn.take()
            && let Err(error) = conn.close().await
        {
            tracing::warn!(%error, "closing the writer's connection failed");
        }
        self.source = Source::None;
    }
}

async fn lease(source: &mut Source) -> Result<Lease<'_>, sqlx::Error> {
    match source {
        Source::File(options, slot) => {
            if slot.is_none() {
                *slot = Some(options.connect().await?);
            }
            slot.as_mut().map(Lease::Own).ok_or(sqlx::Error::PoolClosed)
        }
        Source::Memory(pool) => Ok(Lease::Shared(pool.acquire().await?)),
        Source::None => Err(sqlx::Error::PoolClosed),
    }
}

async fn rollback(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("ROLLBACK").execute(conn).await?;
    Ok(())
}
