//! The store: commits, reads, the feed, and the tasks that keep it moving.

mod keys;
mod lifecycle;
mod snapshots;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::storage::{
    Commit, CommitError, Committed, FeedFilter, FeedPage, RecordedEvent, Storage, StorageError,
    StoreHealth, StreamBounds, StreamInfo, StreamList, StreamPage, StreamQuery, Visit, visit_pages,
};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::task::AbortHandle;

use crate::commit::{Answer, Committer};
use crate::connections::Connections;
use crate::failure::storage_error;
use crate::feed::{Feed, Sequencer, listen, run_turns};
use crate::finishing::{Finishing, Panicked};
use crate::keys::KeyTable;
use crate::lifecycle::Changer;
use crate::migrate::migrate;
use crate::options::PostgresOptions;
use crate::read::{Reader, Visited};
use crate::schema::Schema;
use crate::snapshots::SnapshotTable;

/// An event store in a schema of a PostgreSQL database. Cloning gives another handle on the same store.
///
/// **Delivery.** A commit is answered when the server has made it durable, as its `synchronous_commit` says. Its
/// events get their places in the feed a moment later, from whichever node has the sequencer's turn; a reader who
/// has caught up takes a turn itself, so that it sees what was answered before it asked.
///
/// **Cancellation.** A commit whose future is dropped goes on to its end by itself.
///
/// ```no_run
/// # async fn open() -> Result<(), mink_runtime::storage::StorageError> {
/// use mink_runtime::storage::Storage;
/// use mink_postgres::PostgresStore;
///
/// let store = PostgresStore::open("postgres://shop@localhost/shop?schema=orders").await?;
/// println!("the feed is at {}", store.head().await?);
/// store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    core: Arc<Core>,
    pool: PgPool,
    hearing: PgPool,
    tasks: [AbortHandle; 2],
}

/// What a commit under way needs, also after the last handle is gone.
struct Core {
    connections: Arc<Connections>,
    schema: Schema,
    committer: Committer,
    keys: KeyTable,
    snapshots: SnapshotTable,
    changer: Changer,
    reader: Reader,
    feed: Feed,
    sequencer: Arc<Sequencer>,
    closed: AtomicBool,
}

/// What an opened store is made of.
pub(crate) struct Parts {
    pub(crate) connections: Arc<Connections>,
    pub(crate) schema: Schema,
    pub(crate) pool: PgPool,
    pub(crate) hearing: PgPool,
    pub(crate) tick_interval: Duration,
    pub(crate) poll_interval: Duration,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.inner.core.schema.name())
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(crate) fn check_open(&self) -> Result<(), StorageError> {
        self.inner.core.check_open()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            connections,
            schema,
            ..
        } = parts;
        let sequencer = Arc::new(Sequencer::new(
            connections.clone(),
            &schema,
            parts.poll_interval,
        ));
        let turns = tokio::spawn(run_turns(sequencer.clone(), parts.tick_interval));
        let listening = tokio::spawn(listen(sequencer.clone(), parts.hearing.clone()));
        Self {
            inner: Arc::new(Inner {
                core: Arc::new(Core {
                    committer: Committer::new(&schema),
                    keys: KeyTable::new(connections.clone(), &schema),
                    snapshots: SnapshotTable::new(connections.clone(), &schema),
                    changer: Changer::new(connections.clone(), &schema),
                    reader: Reader::new(connections.clone(), &schema),
                    feed: Feed::new(connections.clone(), sequencer.clone(), &schema),
                    connections,
                    schema,
                    sequencer,
                    closed: AtomicBool::new(false),
                }),
                pool: parts.pool,
                hearing: parts.hearing,
                tasks: [turns.abort_handle(), listening.abort_handle()],
            }),
        }
    }

    /// Opens the store that `url` names, with the defaults: `postgres://user:password@host:5432/database`. Besides
    /// the parameters that PostgreSQL's own tools know, `sslmode`, `sslrootcert` and `options` among them, it may
    /// have `schema`.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub async fn open(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).open().await
    }

    /// The options for opening the store that `url` names.
    pub fn builder(url: &str) -> PostgresOptions {
        PostgresOptions::new(url)
    }

    /// Connections for transactions and tables of your own in the same database, made when they are first needed.
    /// They are not the ones that the store reads and commits with, so a long transaction keeps nobody waiting.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// Applies the migrations that are missing; nothing when there are none.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`] for the schema.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        let core = &self.inner.core;
        core.check_open()?;
        let mut lease = core
            .connections
            .lease()
            .await
            .map_err(|error| storage_error(&error))?;
        migrate(lease.conn(), &core.schema, true).await?;
        lease.give_back::<()>(&Ok(()));
        Ok(())
    }

    /// Gives every event that is committed now its place in the feed, and answers how many had none. Nobody needs
    /// to call this: commits and readers do.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`], [`StorageError::ReadOnly`], [`StorageError::Closed`].
    pub async fn tick(&self) -> Result<u64, StorageError> {
        self.inner.core.check_open()?;
        Ok(self.inner.core.sequencer.turn().await?.stamped)
    }

    /// Begins a transaction of your own for [`append_in`](Self::append_in), on a connection of [`pool`](Self::pool).
    ///
    /// # Errors
    /// [`StorageError::Unavailable`], [`StorageError::Closed`].
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, StorageError> {
        self.inner.core.check_open()?;
        self.inner
            .pool
            .begin()
            .await
            .map_err(|error| storage_error(&error))
    }

    /// Asks for a turn of the feed's sequencer soon: call it after committing a transaction that
    /// [`append_in`](Self::append_in) appended to, or readers notice when they next look by themselves.
    pub fn wake(&self) {
        self.inner.core.sequencer.wake();
    }

    /// Appends inside a transaction that you own, in this store's database: the events and your own rows become
    /// durable together, when you commit, or not at all. One round trip. Every check of
    /// [`commit`](Storage::commit) is done, recognition of a resubmitted value included.
    ///
    /// A stream that another transaction holds is waited for, and so is an idempotency key, up to your session's
    /// `lock_timeout`. The streams and keys stay yours until your transaction ends: meanwhile other commits to them are
    /// [`CommitError::Busy`], so keep it short. Two transactions that append to the same streams in different orders
    /// can deadlock; the server then ends one.
    ///
    /// A conflict, a reused event id, a payload that is not JSON: these are answers. Nothing of the commit is in the
    /// transaction, and it goes on. After [`CommitError::Busy`], [`Unavailable`](CommitError::Unavailable) or
    /// [`Other`](CommitError::Other) the server has ended the transaction: roll back.
    ///
    /// The transaction must be `READ COMMITTED`, PostgreSQL's default. The feed holds the events once it has
    /// committed and somebody has taken the sequencer's turn: [`wake`](Self::wake) asks for one, and readers do so
    /// when they next look.
    ///
    /// ```no_run
    /// # async fn place(
    /// #     store: mink_postgres::PostgresStore,
    /// #     commit: mink_runtime::storage::Commit,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut tx = store.pool().begin().await?;
    /// sqlx::query("UPDATE stock SET left_over = left_over - 1 WHERE sku = 'A1'")
    ///     .execute(&mut *tx)
    ///     .await?;
    /// store.append_in(&mut tx, &commit).await?;
    /// tx.commit().await?;
    /// store.wake();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`commit`](Storage::commit). Never [`CommitError::OutcomeUnknown`]: until you commit, nothing is.
    pub async fn append_in(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        commit: &Commit,
    ) -> Result<Committed, CommitError> {
        let core = &self.inner.core;
        if core.closed.load(Ordering::Acquire) {
            return Err(CommitError::Closed);
        }
        core.committer.append_in(tx, commit).await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Core {
    fn check_open(&self) -> Result<(), StorageError> {
        if self.closed.load(Ordering::Acquire) {
            Err(StorageError::Closed)
        } else {
            Ok(())
        }
    }

    async fn commit(&self, batch: &[Arc<Commit>]) -> Vec<Answer> {
        if self.closed.load(Ordering::Acquire) {
            return vec![Err(CommitError::Closed); batch.len()];
        }
        let answers = self.committer.commit(&self.connections, batch).await;
        let wrote = |answer: &Answer| match answer {
            Ok(done) => !done.recognised,
            Err(error) => matches!(error, CommitError::OutcomeUnknown { .. }),
        };
        if answers.iter().any(wrote) {
            self.sequencer.wake();
        }
        answers
    }
}

impl Storage for PostgresStore {
    fn name(&self) -> &str {
        "postgres"
    }

    /// While one batch is flushed the next one is put together. More would only make batches smaller: what the server
    /// does for a batch costs far more than what it does for a commit in it.
    fn lanes(&self) -> usize {
        self.inner.core.connections.max().div_ceil(2).min(2) as usize
    }

    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>> {
        Box::pin(async move {
            if batch.is_empty() {
                return Vec::new();
            }
            let core = self.inner.core.clone();
            let owned = batch.to_vec();
            // Dropping this future does not break off a statement that is under way.
            match Finishing::new(async move { core.commit(&owned).await }).await {
                Ok(answers) => answers,
                Err(Panicked) => {
                    let reason = "the storage adapter panicked while it was writing".to_owned();
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
            self.inner.core.check_open()?;
            self.inner.core.reader.stream(query).await
        })
    }

    fn visit_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
        visit: &'a mut Visit<'_>,
    ) -> BoxFuture<'a, Result<StreamBounds, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            match self.inner.core.reader.visit(query, visit).await? {
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
            self.inner.core.check_open()?;
            self.inner.core.reader.streams(queries).await
        })
    }

    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            self.inner.core.feed.page(after, filter, limit).await
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            self.inner.core.feed.head().await
        })
    }

    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            self.inner.core.reader.event(tenant, id).await
        })
    }

    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            self.inner.core.feed.position_of(tenant, id).await
        })
    }

    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            self.inner.core.reader.stream_info(tenant, stream).await
        })
    }

    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>> {
        Box::pin(async move {
            self.inner.core.check_open()?;
            self.inner.core.reader.list_streams(query).await
        })
    }

    fn feed_moved(&self) -> BoxFuture<'static, ()> {
        self.inner.core.sequencer.moved()
    }

    fn health(&self) -> BoxFuture<'_, StoreHealth> {
        Box::pin(async move {
            match self.inner.core.check_open() {
                Ok(()) => self.inner.core.feed.health().await,
                Err(error) => StoreHealth::failed(&error),
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let core = &self.inner.core;
            core.closed.store(true, Ordering::Release);
            for task in &self.inner.tasks {
                task.abort();
            }
            core.connections.close().await;
            core.sequencer.close().await;
            self.inner.hearing.close().await;
            self.inner.pool.close().await;
        })
    }
}
