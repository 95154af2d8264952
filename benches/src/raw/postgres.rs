//! One prepared statement for each commit or group of commits, on connections of its own.
//!
//! Positions are stamped by mink's own sequencer, which is woken after each commit as mink wakes it.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use chrono::{DateTime, Utc};
use mink::postgres::PostgresStore;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions, Executor, PgConnection, Postgres, Row};
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::{CATEGORY, Encoded, evolve};
use crate::domain::{LineAdded, Order};
use crate::side::{Appends, Reads};

const CREATE_STREAM: &str = include_str!("postgres/create_stream.sql");
const GROW_STREAM: &str = include_str!("postgres/grow_stream.sql");
const GROW_STREAM_BY_ONE: &str = include_str!("postgres/grow_stream_by_one.sql");
const GROUP: &str = include_str!("postgres/group.sql");
const READ_STREAM: &str = include_str!("postgres/read_stream.sql");
const READ_FEED: &str = include_str!("postgres/read_feed.sql");
const BARE_TABLE: &str = include_str!("postgres/bare_table.sql");
const BARE_INSERT: &str = include_str!("postgres/bare_insert.sql");
const BARE_READ_STREAM: &str = include_str!("postgres/bare_read_stream.sql");
const BARE_READ_FEED: &str = include_str!("postgres/bare_read_feed.sql");
const SESSION: &str = include_str!("postgres/session.sql");
const SETTINGS: &str = include_str!("postgres/settings.sql");

/// The most commits in one group.
const MOST: usize = 256;

async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = url.parse()?;
    let mut conn = options.disable_statement_logging().connect().await?;
    conn.execute(SESSION).await?;
    Ok(conn)
}

/// The server's version, and what a commit survives there.
///
/// # Errors
/// PostgreSQL's.
pub async fn settings(url: &str) -> Result<String> {
    let mut conn = connect(url).await?;
    Ok(sqlx::query_scalar(SETTINGS).fetch_one(&mut conn).await?)
}

/// Some connections, which wait for whoever comes first.
struct Lines {
    idle: mpsc::UnboundedSender<PgConnection>,
    free: Mutex<mpsc::UnboundedReceiver<PgConnection>>,
}

impl Lines {
    async fn open(url: &str, count: usize) -> Result<Self> {
        let (idle, free) = mpsc::unbounded_channel();
        for _ in 0..count {
            idle.send(connect(url).await?).ok();
        }
        Ok(Self {
            idle,
            free: Mutex::new(free),
        })
    }

    async fn take(&self) -> Result<PgConnection> {
        let mut free = self.free.lock().await;
        free.recv().await.context("no connection is left")
    }

    fn give_back(&self, conn: PgConnection) {
        self.idle.send(conn).ok();
    }
}

fn time(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).context("a time out of range")
}

fn bound(mut commit: Encoded) -> Result<Query<'static, Postgres, PgArguments>> {
    let sql = match (commit.expected, &*commit.events) {
        (0, _) => CREATE_STREAM,
        (_, [_]) => GROW_STREAM_BY_ONE,
        _ => GROW_STREAM,
    };
    let query = sqlx::query(sql)
        .bind(commit.stream)
        .bind(CATEGORY)
        .bind(commit.expected)
        .bind(commit.metadata)
        .bind(time(commit.recorded_at)?);
    if sql == GROW_STREAM_BY_ONE {
        let (id, payload) = commit.events.pop().context("one event")?;
        return Ok(query.bind(id).bind(payload));
    }
    let (ids, payloads): (Vec<Uuid>, Vec<String>) = commit.events.into_iter().unzip();
    Ok(query.bind(ids).bind(payloads))
}

/// One prepared statement for each commit.
pub struct Same {
    lines: Lines,
    sequencer: PostgresStore,
}

impl Same {
    /// Opens this many connections on a database that has mink's tables.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub async fn open(url: &str, connections: usize, sequencer: &PostgresStore) -> Result<Self> {
        Ok(Self {
            lines: Lines::open(url, connections).await?,
            sequencer: sequencer.clone(),
        })
    }
}

impl Appends for Same {
    async fn append(&self, order: u64, expected: u64, lines: Vec<LineAdded>) -> Result<()> {
        let query = bound(Encoded::new(order, expected, &lines)?)?;
        let mut conn = self.lines.take().await?;
        let done = query.execute(&mut conn).await;
        self.lines.give_back(conn);
        ensure!(done?.rows_affected() == lines.len() as u64, "conflict");
        self.sequencer.wake();
        Ok(())
    }
}

impl Reads for Same {
    async fn load(&self, order: u64) -> Result<Order> {
        let mut conn = self.lines.take().await?;
        let rows = sqlx::query(READ_STREAM)
            .bind(format!("{CATEGORY}-{order}"))
            .fetch_all(&mut conn)
            .await;
        self.lines.give_back(conn);
        let (rows, mut state, mut version) = (rows?, Order::default(), 0_i64);
        for row in &rows {
            version = row.try_get(0)?;
            if row.try_get::<i64, _>(2)? != 1 {
                bail!("an old event");
            }
            evolve(&mut state, row.try_get(1)?, json(row, 3)?)?;
        }
        // What the next append expects.
        ensure!(version == i64::try_from(rows.len())?, "a gap");
        Ok(state)
    }

    async fn scan(&self) -> Result<u64> {
        let mut conn = self.lines.take().await?;
        let (mut after, mut count) = (0_i64, 0);
        loop {
            let rows = sqlx::query(READ_FEED)
                .bind(after)
                .fetch_all(&mut conn)
                .await?;
            let page = rows
                .iter()
                .map(FeedRow::read)
                .collect::<Result<Vec<_>, _>>()?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.position;
            count += page.len() as u64;
        }
        self.lines.give_back(conn);
        Ok(count)
    }
}

/// The text of a `json` column, as it came over the wire.
fn json(row: &PgRow, column: usize) -> Result<&[u8]> {
    let value = row.try_get_raw(column)?;
    value.as_bytes().map_err(|error| anyhow!("{error}"))
}

#[allow(dead_code, reason = "what a reader of the feed would use")]
struct FeedRow {
    position: i64,
    tenant: String,
    stream: String,
    version: i64,
    id: Uuid,
    event_type: String,
    schema_version: i64,
    recorded_at: DateTime<Utc>,
    format: String,
    metadata: super::Metadata,
    payload: Vec<u8>,
}

impl FeedRow {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            position: row.try_get(0)?,
            tenant: row.try_get(1)?,
            stream: row.try_get(2)?,
            version: row.try_get(3)?,
            id: row.try_get(4)?,
            event_type: row.try_get(5)?,
            schema_version: row.try_get(6)?,
            recorded_at: row.try_get(7)?,
            format: row.try_get(8)?,
            metadata: serde_json::from_slice(json(row, 9)?)?,
            payload: json(row, 10)?.to_vec(),
        })
    }
}

type Waiting = (Encoded, oneshot::Sender<Result<()>>);

/// One prepared statement for all single-event commits that wait.
pub struct Grouped {
    queue: mpsc::UnboundedSender<Waiting>,
}

impl Grouped {
    /// Opens this many connections on a database that has mink's tables, each with a loop that takes what waits.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub async fn open(url: &str, connections: usize, sequencer: &PostgresStore) -> Result<Self> {
        let (queue, waiting) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..connections {
            let conn = connect(url).await?;
            tokio::spawn(work(conn, Arc::clone(&waiting), sequencer.clone()));
        }
        Ok(Self { queue })
    }
}

async fn work(
    mut conn: PgConnection,
    waiting: Arc<Mutex<mpsc::UnboundedReceiver<Waiting>>>,
    sequencer: PostgresStore,
) {
    loop {
        let mut group = Vec::with_capacity(MOST);
        if waiting.lock().await.recv_many(&mut group, MOST).await == 0 {
            return;
        }
        let (commits, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let done = commit(&mut conn, commits).await;
        sequencer.wake();
        for answer in answers {
            let told = done.as_ref().copied().map_err(|error| anyhow!("{error}"));
            answer.send(told).ok();
        }
        tokio::task::yield_now().await;
    }
}

async fn commit(conn: &mut PgConnection, commits: Vec<Encoded>) -> Result<()> {
    let count = commits.len();
    let mut streams = Vec::with_capacity(count);
    let mut expected = Vec::with_capacity(count);
    let mut ids = Vec::with_capacity(count);
    let mut payloads = Vec::with_capacity(count);
    let mut metadata = Vec::with_capacity(count);
    let mut times = Vec::with_capacity(count);
    for mut commit in commits {
        let (id, payload) = commit.events.pop().context("one event for each commit")?;
        streams.push(commit.stream);
        expected.push(commit.expected);
        ids.push(id);
        payloads.push(payload);
        metadata.push(commit.metadata);
        times.push(time(commit.recorded_at)?);
    }
    let done = sqlx::query(GROUP)
        .bind(CATEGORY)
        .bind(streams)
        .bind(expected)
        .bind(ids)
        .bind(payloads)
        .bind(metadata)
        .bind(times)
        .execute(conn)
        .await?;
    ensure!(done.rows_affected() == count as u64, "conflict");
    Ok(())
}

impl Appends for Grouped {
    async fn append(&self, order: u64, expected: u64, lines: Vec<LineAdded>) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let commit = Encoded::new(order, expected, &lines)?;
        self.queue
            .send((commit, answer))
            .ok()
            .context("the loop ended")?;
        answered.await?
    }
}

/// A table of payloads.
pub struct Bare {
    lines: Lines,
    stream: i64,
}

impl Bare {
    /// Makes the table, and opens this many connections. A load reads its first `stream` rows.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub async fn open(url: &str, connections: usize, stream: u64) -> Result<Self> {
        connect(url).await?.execute(BARE_TABLE).await?;
        Ok(Self {
            lines: Lines::open(url, connections).await?,
            stream: i64::try_from(stream)?,
        })
    }

    /// Copies what is going to be read.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub async fn fill(&self) -> Result<()> {
        let mut conn = self.lines.take().await?;
        conn.execute("INSERT INTO bare (payload) SELECT payload FROM mink.events ORDER BY ord")
            .await?;
        self.lines.give_back(conn);
        Ok(())
    }
}

impl Appends for Bare {
    async fn append(&self, _: u64, _: u64, lines: Vec<LineAdded>) -> Result<()> {
        let payloads = lines.iter().map(serde_json::to_string);
        let payloads: Vec<String> = payloads.collect::<Result<_, _>>()?;
        let mut conn = self.lines.take().await?;
        let done = sqlx::query(BARE_INSERT)
            .bind(payloads)
            .execute(&mut conn)
            .await;
        self.lines.give_back(conn);
        done?;
        Ok(())
    }
}

impl Reads for Bare {
    async fn load(&self, _: u64) -> Result<Order> {
        let mut conn = self.lines.take().await?;
        let rows = sqlx::query(BARE_READ_STREAM)
            .bind(self.stream)
            .fetch_all(&mut conn)
            .await;
        self.lines.give_back(conn);
        Ok(Order {
            lines: rows?.len() as u64,
            ..Order::default()
        })
    }

    async fn scan(&self) -> Result<u64> {
        let mut conn = self.lines.take().await?;
        let (mut after, mut count) = (0_i64, 0);
        loop {
            let rows = sqlx::query(BARE_READ_FEED)
                .bind(after)
                .fetch_all(&mut conn)
                .await?;
            let Some(last) = rows.last() else {
                break;
            };
            after = last.try_get(0)?;
            count += rows.len() as u64;
        }
        self.lines.give_back(conn);
        Ok(count)
    }
}
