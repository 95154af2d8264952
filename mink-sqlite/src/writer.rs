//! The one connection that writes, and what it does when a transaction fails.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mink_runtime::storage::{Commit, CommitError};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool};

use crate::append::{self, Answer, Attempt, Care, OneStream, Owner};
use crate::failure::Failure;
use crate::opened_file::OpenedFile;

/// Where the writer's connection comes from.
enum Source {
    /// A connection of its own on the file, opened again after a failure that spoils it.
    File(
        Box<SqliteConnectOptions>,
        Option<SqliteConnection>,
        OpenedFile,
    ),
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

/// What the connection is lent for. After a failure, and when it says that it left a transaction open, that is rolled
/// back.
trait Work {
    type Output;

    fn on(
        self,
        conn: &mut SqliteConnection,
    ) -> impl Future<Output = Result<(Self::Output, bool), Failure>> + Send;
}

impl Work for How<'_> {
    type Output = Vec<Answer>;

    async fn on(self, conn: &mut SqliteConnection) -> Result<(Vec<Answer>, bool), Failure> {
        match self {
            Self::InOneText(commit) => Ok((vec![Ok(commit.commit(conn).await?)], false)),
            Self::Looking(batch, care) => {
                let Attempt { answers, left_open } =
                    append::attempt(conn, batch, care, Owner::Store).await?;
                Ok((answers, left_open))
            }
        }
    }
}

/// Work besides commits. It is either one statement, or goes from [`begin`] to [`commit`] or [`rollback`].
pub(crate) type Job<'j, T> = Box<
    dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failure>> + Send + 'j,
>;

impl<T: Send> Work for Job<'_, T> {
    type Output = T;

    async fn on(self, conn: &mut SqliteConnection) -> Result<(T, bool), Failure> {
        Ok((self(conn).await?, false))
    }
}

impl Writer {
    pub(crate) fn on_file(
        options: SqliteConnectOptions,
        conn: SqliteConnection,
        file: OpenedFile,
        label: Arc<str>,
    ) -> Self {
        Self {
            source: Source::File(Box::new(options), Some(conn), file),
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
        if let Some(reason) = self.read_only() {
            return vec![Err(CommitError::ReadOnly { reason }); batch.len()];
        }
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
        tracing::debug!(error = %failure.error, in_commit = failure.in_commit, "a batch failed");
        batch
            .iter()
            .map(|commit| Err(failure.commit_error(&self.label, commit)))
            .collect()
    }

    /// Does one job on the connection.
    pub(crate) async fn run<T: Send>(&mut self, job: Job<'_, T>) -> Result<T, Failure> {
        self.transaction(job).await
    }

    /// Why nothing can be written, when nothing can.
    pub(crate) fn read_only(&self) -> Option<String> {
        match &self.source {
            Source::File(_, _, file) => file.gone(),
            Source::Memory(_) => None,
            Source::None => Some(format!("`{}` was opened with `mode=ro`", self.label)),
        }
    }

    async fn transaction<W: Work>(&mut self, work: W) -> Result<W::Output, Failure> {
        let Self {
            source, unfinished, ..
        } = self;
        let mut lease = lease(source).await?;
        if *unfinished {
            rollback(lease.conn()).await.ok();
        }
        *unfinished = true;
        let outcome = work.on(lease.conn()).await;
        let (outcome, spoiled) = match outcome {
            Ok((output, left_open)) => {
                let ended = !left_open || rollback(lease.conn()).await.is_ok();
                *unfinished = !ended;
                (Ok(output), false)
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
        if spoiled && let Source::File(_, conn, _) = source {
            *conn = None;
        }
        outcome
    }

    /// Gives the connection back, which lets SQLite tidy its log away.
    pub(crate) async fn close(&mut self) {
        if let Source::File(_, conn, _) = &mut self.source
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
        Source::File(options, slot, _) => {
            if slot.is_none() {
                *slot = Some(options.connect().await?);
            }
            slot.as_mut().map(Lease::Own).ok_or(sqlx::Error::PoolClosed)
        }
        Source::Memory(pool) => Ok(Lease::Shared(pool.acquire().await?)),
        Source::None => Err(sqlx::Error::PoolClosed),
    }
}

/// Begins a transaction that holds the write lock.
pub(crate) async fn begin(conn: &mut SqliteConnection) -> Result<(), Failure> {
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(conn).await?;
    Ok(())
}

/// Ends a transaction that [`begin`] began.
pub(crate) async fn commit(conn: &mut SqliteConnection) -> Result<(), Failure> {
    match sqlx::raw_sql("COMMIT").execute(conn).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure {
            error,
            in_commit: true,
        }),
    }
}

/// Takes back what was done since [`begin`].
pub(crate) async fn rollback(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("ROLLBACK").execute(conn).await?;
    Ok(())
}
