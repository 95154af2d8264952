//! The store: one connection that writes, several that read, and the hint that the feed has moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::storage::{
    Commit, CommitError, Committed, FeedFilter, FeedPage, RecordedEvent, Storage, StorageError,
    StoreHealth, StreamBounds, StreamInfo, StreamList, StreamPage, StreamQuery, Visit, visit_pages,
};
use sqlx::{Acquire, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{Mutex, watch};

use crate::append::{self, Answer, Attempt, Care, Owner};
use crate::failure::{Failure, storage_error};
use crate::migrate::migrate;
use crate::opened_file::OpenedFile;
use crate::options::SqliteOptions;
use crate::read::{Reader, Visited};
use crate::writer::Writer;

/// How long [`Storage::feed_moved`] waits at most: commits of other processes give no hint.
const FALLBACK: Duration = Duration::from_millis(250);

/// An event store in one SQLite file, or in memory. Cloning gives another handle on the same store.
///
/// **Delivery.** Positions are given inside the one transaction that writes at a time, across processes too: the
/// feed is gapless, and a commit is in the feed when it is answered. What an answer survives is
/// [`Durability`](crate::Durability)'s to say; by default, power loss.
///
/// **Cancellation.** A commit whose future is dropped goes on to its end by itself.
///
/// **Clock.** Idempotency keys expire by the clock of the process that looks: all who share the file are on one machine,
/// and so share the clock.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use mink_runtime::storage::Storage;
/// use mink_sqlite::SqliteStore;
///
/// let store = SqliteStore::open("sqlite::memory:").await?;
/// assert_eq!(store.head().await?.0, 0);
/// store.close().await;
/// # Ok::<(), mink_runtime::storage::StorageError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Mutex<Writer>,
    reader: Reader,
    pool: SqlitePool,
    file: Option<OpenedFile>,
    label: Arc<str>,
    moved: watch::Sender<()>,
    closed: AtomicBool,
}

/// What an opened store is made of.
pub(crate) struct Parts {
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) pool: SqlitePool,
    /// The file that is written, when there is one.
    pub(crate) file: Option<OpenedFile>,
    pub(crate) label: Arc<str>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("file", &self.inner.label)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    pub(crate) fn label(&self) -> &str {
        &self.inner.label
    }

    /// The connections that read.
    pub(crate) fn reader(&self) -> Result<&Reader, StorageError> {
        self.inner.check_open()?;
        Ok(&self.inner.reader)
    }

    /// Does a job on the connection that writes. In a task of its own: dropping this future neither stops the job nor
    /// leaves its transaction open.
    pub(crate) async fn attempt<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failure>>
        + Send
        + 'static,
    ) -> Result<Result<T, Failure>, StorageError> {
        let inner = self.inner.clone();
        let task = tokio::spawn(async move {
            let mut writer = inner.writer.lock().await;
            inner.check_open()?;
            if let Some(reason) = writer.read_only() {
                return Err(StorageError::ReadOnly { reason });
            }
            Ok(writer.run(Box::new(job)).await)
        });
        task.await.unwrap_or_else(|_| {
            Ok(Err(Failure {
                error: sqlx::Error::WorkerCrashed,
                in_commit: true,
            }))
        })
    }

    /// As [`attempt`](Self::attempt), with the failure explained.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failure>>
        + Send
        + 'static,
    ) -> Result<T, StorageError> {
        let done = self.attempt(job).await?;
        done.map_err(|failure| storage_error(failure.error, self.label()))
    }

    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            inner: Arc::new(Inner {
                writer: Mutex::new(parts.writer),
                reader: parts.reader,
                pool: parts.pool,
                file: parts.file,
                label: parts.label,
                moved: watch::Sender::new(()),
                closed: AtomicBool::new(false),
            }),
        }
    }

    /// Opens the store that `url` names, with the defaults: `sqlite://shop.db`, `sqlite:shop.db`,
    /// `sqlite:///var/lib/shop.db`, or `sqlite::memory:`. The parameter `mode` is `rwc` (create the file when it
    /// is missing; the default), `rw` or `ro`. Characters that mean something in a URL are written as `%3F`.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).open().await
    }

    /// The options for opening the store that `url` names.
    pub fn builder(url: &str) -> SqliteOptions {
        SqliteOptions::new(url)
    }

    /// Connections for transactions and tables of your own in the same file. They are not the ones that the store
    /// reads and commits with, except in memory, where there is one connection for everything: there, whoever
    /// holds it keeps every other call waiting.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    /// Applies the migrations that are missing; nothing when there are none.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`] for the schema.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.inner.check_open()?;
        let mut conn = self
            .inner
            .pool
            .acquire()
            .await
            .map_err(|error| storage_error(error, &self.inner.label))?;
        migrate(&mut conn, true, &self.inner.label).await
    }

    /// Begins a transaction of your own for [`append_in`](Self::append_in), with `BEGIN IMMEDIATE`: it holds the
    /// file's write lock from the start to the end. Keep it short; every commit waits for it.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when another transaction holds the lock for longer than the busy timeout,
    /// [`StorageError::ReadOnly`], [`StorageError::Closed`].
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StorageError> {
        self.inner.check_open()?;
        if let Some(reason) = self.inner.file.as_ref().and_then(OpenedFile::gone) {
            return Err(StorageError::ReadOnly { reason });
        }
        self.inner
            .pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| storage_error(error, &self.inner.label))
    }

    /// Appends inside a transaction that you own, on this store's file: the events and your own rows become
    /// durable together, when you commit, or not at all. Every check of
    /// [`commit`](Storage::commit) is done, recognition of a resubmitted value included. After an error nothing
    /// of this commit is in the transaction, which can go on.
    ///
    /// Begin the transaction with [`begin`](Self::begin). One begun by a plain `BEGIN` works as long as nobody
    /// else writes between its first read and this call; else it is [`CommitError::Busy`] and must be rolled back.
    ///
    /// After your own commit, call [`wake`](Self::wake), or readers notice within 250 ms.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # use mink_runtime::storage::{Append, Commit, ExpectedVersion, Format, NewEvent};
    /// # use mink_runtime::id::{EventId, StreamId, TenantId};
    /// # let store = mink_sqlite::SqliteStore::open("sqlite::memory:").await?;
    /// # let event = NewEvent {
    /// #     id: EventId::new(),
    /// #     event_type: "OrderPlaced".into(),
    /// #     schema_version: 1,
    /// #     format: Format::Json,
    /// #     payload: "{}".into(),
    /// #     metadata: Default::default(),
    /// #     recorded_at: chrono::Utc::now(),
    /// # };
    /// let commit = Commit::new(vec![Append {
    ///     tenant: TenantId::default(),
    ///     stream: StreamId::new("Order-1")?,
    ///     expected: ExpectedVersion::NoStream,
    ///     events: vec![event],
    /// }]);
    /// let mut tx = store.begin().await?;
    /// sqlx::query("CREATE TABLE stock (sku TEXT, left_over INTEGER)")
    ///     .execute(&mut *tx)
    ///     .await?;
    /// let committed = store.append_in(&mut tx, &commit).await?;
    /// tx.commit().await?;
    /// store.wake();
    /// assert_eq!(committed.streams[0].version, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`commit`](Storage::commit).
    pub async fn append_in(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        commit: &Commit,
    ) -> Result<Committed, CommitError> {
        if self.inner.closed.load(Ordering::Acquire) {
            return Err(CommitError::Closed);
        }
        append::check(commit)?;
        let batch = [Arc::new(commit.clone())];
        append_behind_savepoint(tx, &batch)
            .await
            .map_err(|failure| failure.commit_error(&self.inner.label, commit))?
    }

    /// Tells the readers of this process that the feed may have grown: after committing a transaction that
    /// [`append_in`](Self::append_in) appended to.
    pub fn wake(&self) {
        self.inner.moved.send_replace(());
    }
}

/// The savepoint is sqlx's own, so that it is taken back also when this future is dropped in the middle.
async fn append_behind_savepoint(
    conn: &mut SqliteConnection,
    batch: &[Arc<Commit>],
) -> Result<Answer, Failure> {
    let mut savepoint = conn.begin().await?;
    match append::attempt(&mut savepoint, batch, Care::Careful, Owner::Caller).await {
        Ok(Attempt { mut answers, .. }) => {
            savepoint.commit().await?;
            answers
                .pop()
                .ok_or_else(|| sqlx::Error::WorkerCrashed.into())
        }
        Err(failure) => {
            // Some failures end the whole transaction by themselves; then there is no savepoint to go back to.
            savepoint.rollback().await.ok();
            Err(failure)
        }
    }
}

impl Inner {
    fn check_open(&self) -> Result<(), StorageError> {
        if self.closed.load(Ordering::Acquire) {
            Err(StorageError::Closed)
        } else {
            Ok(())
        }
    }

    async fn commit(&self, batch: &[Arc<Commit>]) -> Vec<Answer> {
        let mut writer = self.writer.lock().await;
        if self.closed.load(Ordering::Acquire) {
            return vec![Err(CommitError::Closed); batch.len()];
        }
        let answers = writer.commit(batch).await;
        drop(writer);
        let wrote = |answer: &Answer| {
            answer
                .as_ref()
                .is_ok_and(|done| !done.recognised && !done.streams.is_empty())
        };
        if answers.iter().any(wrote) {
            self.moved.send_replace(());
        }
        answers
    }
}

impl Storage for SqliteStore {
    fn name(&self) -> &str {
        "sqlite"
    }

    fn lanes(&self) -> usize {
        1
    }

    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>> {
        Box::pin(async move {
            if batch.is_empty() {
                return Vec::new();
            }
            let inner = self.inner.clone();
            let owned = batch.to_vec();
            // In a task of its own: dropping this future neither stops the transaction nor leaves it open.
            match tokio::spawn(async move { inner.commit(&owned).await }).await {
                Ok(answers) => answers,
                Err(error) => {
                    let reason = format!("the task that was writing ended: {error}");
                    vec![Err(CommitError::OutcomeUnknown { reason }); batch.len()]
                }
            }
        })
    }

    fn read_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
    ) -> BoxFuture<'a, Result<StreamPage, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.stream(query).await
        })
    }

    fn visit_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
        visit: &'a mut Visit<'_>,
    ) -> BoxFuture<'a, Result<StreamBounds, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            match self.inner.reader.visit(query, visit).await? {
                Visited::Whole(bounds) => Ok(bounds),
                Visited::Until(rest) => visit_pages(self, &rest, visit).await,
            }
        })
    }

    fn read_streams<'a>(
        &'a self,
        queries: &'a [StreamQuery],
    ) -> BoxFuture<'a, Result<Vec<Option<StreamPage>>, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.streams(queries).await
        })
    }

    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.feed(after, filter, limit).await
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.head().await
        })
    }

    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.event(tenant, id).await
        })
    }

    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.position_of(tenant, id).await
        })
    }

    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.stream_info(tenant, stream).await
        })
    }

    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>> {
        Box::pin(async move {
            self.inner.check_open()?;
            self.inner.reader.list_streams(query).await
        })
    }

    fn feed_moved(&self) -> BoxFuture<'static, ()> {
        let mut moved = self.inner.moved.subscribe();
        Box::pin(async move {
            // A store that is gone moves no more; the wait ends all the same.
            let hint = async {
                if moved.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let _ = tokio::time::timeout(FALLBACK, hint).await;
        })
    }

    fn health(&self) -> BoxFuture<'_, StoreHealth> {
        Box::pin(async move {
            match self.inner.check_open() {
                Ok(()) => self.inner.reader.health().await,
                Err(error) => StoreHealth::failed(&error),
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.inner.closed.store(true, Ordering::Release);
            self.inner.writer.lock().await.close().await;
            self.inner.reader.close().await;
            self.inner.pool.close().await;
            self.inner.moved.send_replace(());
        })
    }
}
