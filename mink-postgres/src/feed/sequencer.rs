//! Turns of the sequencer: who asks for one, and how many askers share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use mink_runtime::id::Position;
use mink_runtime::storage::StorageError;
use sqlx::{Connection, PgConnection, Row};
use tokio::sync::{Mutex, Notify, watch};

use crate::connections::Connections;
use crate::failure::{Fault, fault, storage_error};
use crate::row::{Columns, Whose};
use crate::schema::{Schema, Sql};

const TICK: &str = include_str!("tick.sql");
const CLUSTER: &str = include_str!("cluster.sql");
const SESSION: &str = include_str!("session.sql");

/// What a turn of the sequencer came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Whether it took place: one that does not wait gives up when another node has its turn.
    pub(crate) taken: bool,
    /// How many events it gave a position.
    pub(crate) stamped: u64,
    /// The newest position.
    pub(crate) head: Position,
}

pub(crate) struct Sequencer {
    connections: Arc<Connections>,
    tick: Sql,
    cluster: Sql,
    channel: String,
    /// How many turns were asked for.
    asked: AtomicU64,
    line: Mutex<Line>,
    /// The newest position that this process has heard of.
    head: AtomicU64,
    moved: watch::Sender<()>,
    wake: Notify,
    poll: Duration,
}

/// Turns of one process are taken one after the other, on a connection of their own.
struct Line {
    conn: Option<PgConnection>,
    /// Everybody who asked up to here is answered by `outcome`.
    covers: u64,
    outcome: Result<Turn, StorageError>,
    closed: bool,
}

impl Sequencer {
    pub(crate) fn new(connections: Arc<Connections>, schema: &Schema, poll: Duration) -> Self {
        Self {
            connections,
            tick: schema.fill(TICK),
            cluster: schema.fill(CLUSTER),
            channel: schema.channel(),
            asked: AtomicU64::new(0),
            line: Mutex::new(Line {
                conn: None,
                covers: 0,
                outcome: Err(StorageError::Closed),
                closed: false,
            }),
            head: AtomicU64::new(0),
            moved: watch::Sender::new(()),
            wake: Notify::new(),
            poll,
        }
    }

    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    pub(crate) fn known_head(&self) -> Position {
        Position(self.head.load(Ordering::Relaxed))
    }

    pub(crate) fn learn(&self, head: Position) {
        self.head.fetch_max(head.0, Ordering::Relaxed);
    }

    /// Asks for a turn soon, without waiting for it.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Tells this process's readers to look again.
    pub(crate) fn tell(&self) {
        self.moved.send_replace(());
    }

    /// Resolves when the feed may have moved, or after a while.
    pub(crate) fn moved(&self) -> BoxFuture<'static, ()> {
        let mut moved = self.moved.subscribe();
        let poll = self.poll;
        Box::pin(async move {
            // A store that is gone moves no more; the wait ends all the same.
            let hint = async {
                if moved.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let _ = tokio::time::timeout(poll, hint).await;
        })
    }

    /// A turn that begins after this call: what was committed before it has its position when it ends.
    pub(crate) async fn turn(self: &Arc<Self>) -> Result<Turn, StorageError> {
        self.clone().ask(true).await
    }

    /// In a task of its own: dropping the asker leaves no half-used connection, and others may share the turn.
    async fn ask(self: Arc<Self>, wait: bool) -> Result<Turn, StorageError> {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let asking = tokio::spawn(async move {
            let mut line = self.line.lock().await;
            if line.covers >= ticket {
                return line.outcome.clone();
            }
            let covers = self.asked.load(Ordering::Acquire);
            let outcome = self.take(&mut line, wait).await;
            if let Ok(turn) = outcome {
                self.learn(turn.head);
                if turn.stamped > 0 {
                    self.tell();
                }
            }
            // A turn that another node kept from taking place answers nobody else.
            if !matches!(outcome, Ok(Turn { taken: false, .. })) {
                line.covers = covers;
                line.outcome = outcome.clone();
            }
            outcome
        });
        asking.await.unwrap_or_else(|error| {
            Err(StorageError::Unavailable {
                reason: format!("the sequencer's task ended: {error}"),
            })
        })
    }

    async fn take(&self, line: &mut Line, wait: bool) -> Result<Turn, StorageError> {
        if line.closed {
            return Err(StorageError::Closed);
        }
        if let Some(mut conn) = line.conn.take() {
            match self.call(&mut conn, wait, false).await {
                Ok(turn) => {
                    line.conn = Some(conn);
                    return turn;
                }
                // The connection is dead, and a new one may not be.
                Err(error) if fault(&error) == Fault::Lost => {}
                Err(error) => {
                    line.conn = Some(conn);
                    return Err(storage_error(&error));
                }
            }
        }
        let failed = |error: sqlx::Error| storage_error(&error);
        let mut conn = self.connections.connect().await.map_err(failed)?;
        sqlx::raw_sql(SESSION)
            .execute(&mut conn)
            .await
            .map_err(failed)?;
        let same: bool = sqlx::query(self.cluster.safe())
            .fetch_one(&mut conn)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(failed)?;
        let turn = self
            .call(&mut conn, wait || !same, !same)
            .await
            .map_err(failed)?;
        line.conn = Some(conn);
        turn
    }

    async fn call(
        &self,
        conn: &mut PgConnection,
        wait: bool,
        all: bool,
    ) -> Result<Result<Turn, StorageError>, sqlx::Error> {
        let row = sqlx::query(self.tick.safe())
            .bind(wait)
            .bind(all)
            .bind(&self.channel)
            .fetch_one(conn)
            .await?;
        let taken = row.try_get(0)?;
        let columns = Columns::of(&row);
        Ok(columns
            .unsigned(1, "stamped", Whose::Feed)
            .and_then(|stamped| {
                Ok(Turn {
                    taken,
                    stamped,
                    head: Position(columns.unsigned(2, "head", Whose::Feed)?),
                })
            }))
    }

    pub(crate) async fn close(&self) {
        let mut line = self.line.lock().await;
        line.closed = true;
        if let Some(conn) = line.conn.take() {
            // The server notices a connection that is gone by itself.
            conn.close().await.ok();
        }
        drop(line);
        self.tell();
    }
}

/// Takes a turn whenever one was asked for, with a pause between turns so that many commits share one.
pub(crate) async fn run_turns(sequencer: Arc<Sequencer>, pause: Duration) {
    loop {
        sequencer.wake.notified().await;
        match sequencer.clone().ask(false).await {
            Ok(Turn { taken: true, .. }) => {}
            // The other node's view may be older than the commit that asked.
            Ok(_) => sequencer.wake(),
            Err(StorageError::Closed) => return,
            Err(error) => {
                tracing::debug!(%error, "the feed's sequencer could not have its turn");
                tokio::time::sleep(sequencer.poll).await;
                sequencer.wake();
            }
        }
        tokio::time::sleep(pause).await;
    }
}
