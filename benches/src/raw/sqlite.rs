//! One connection that writes, one text for each commit or group of commits.
//!
//! The texts need no answer before they commit: a version that does not hold becomes a NULL, which the table refuses.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow, bail, ensure};
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Executor, Row, SqliteConnection};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{CATEGORY, Encoded, LINE_ADDED, evolve};
use crate::domain::{LineAdded, Order};
use crate::side::{Appends, Reads};

const READ_STREAM: &str = include_str!("sqlite/read_stream.sql");
const READ_FEED: &str = include_str!("sqlite/read_feed.sql");
const BARE_TABLE: &str = include_str!("sqlite/bare_table.sql");
const BARE_INSERT: &str = include_str!("sqlite/bare_insert.sql");
const STREAMS: &str = include_str!("sqlite/upsert_streams.sql");
const EVENTS: &str = include_str!("sqlite/insert_events.sql");

/// The most commits in one group.
const GROUP: usize = 64;

/// The most rows whose text is kept.
const ROWS: usize = 128;

/// As mink opens its own connections.
async fn connect(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("cache_size", "-16384")
        .statement_cache_capacity(512)
        .row_buffer_size(512)
        .disable_statement_logging();
    Ok(options.connect().await?)
}

/// The journal mode and the flushing that the contestants of both sides run with.
///
/// # Errors
/// SQLite's.
pub async fn settings(file: &Path) -> Result<String> {
    let mut conn = connect(file).await?;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut conn)
        .await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut conn)
        .await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut conn)
        .await?;
    let synchronous = match synchronous {
        0 => "OFF",
        1 => "NORMAL",
        2 => "FULL",
        _ => "EXTRA",
    };
    Ok(format!(
        "SQLite {version}: journal_mode={journal} synchronous={synchronous}"
    ))
}

/// The texts by how many rows they write.
struct Texts {
    cells: [OnceLock<Arc<str>>; ROWS + 1],
    write: fn(usize) -> String,
}

impl Texts {
    fn new(write: fn(usize) -> String) -> Self {
        Self {
            cells: [const { OnceLock::new() }; ROWS + 1],
            write,
        }
    }

    fn of(&self, rows: usize) -> Arc<str> {
        match self.cells.get(rows) {
            Some(cell) => cell.get_or_init(|| (self.write)(rows).into()).clone(),
            None => (self.write)(rows).into(),
        }
    }
}

/// The line of `sql` that begins a row of values, repeated with the numbers of its parameters.
fn repeated(sql: &str, rows: usize, row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..rows).map(row).collect();
    sql.replace("(...)", &rows.join(",\n"))
}

/// `?1` stream, `?2` category, `?3` expected version, `?4` new version, `?5` time, `?6` metadata; then id, payload.
fn one_stream(events: usize) -> String {
    let streams = repeated(STREAMS, 1, |_| {
        "('', ?1, ?2, (SELECT ?4 WHERE ?3 = coalesce((SELECT version FROM mink_streams WHERE tenant = '' AND stream = ?1), 0)))".to_owned()
    });
    let rows = repeated(EVENTS, events, |row| {
        let (version, id) = (row + 1, 7 + row * 2);
        format!(
            "(NULL, '', ?1, ?3 + {version}, ?{id}, '{LINE_ADDED}', 1, ?2, ?5, 'json', ?6, ?{})",
            id + 1
        )
    });
    format!("BEGIN IMMEDIATE;\n{streams}{rows}COMMIT")
}

/// `?1` category; for each stream: name, expected version, time, metadata, id, payload.
fn many_streams(commits: usize) -> String {
    let streams = repeated(STREAMS, commits, |row| {
        let (stream, expected) = (2 + row * 6, 3 + row * 6);
        format!(
            "('', ?{stream}, ?1, (SELECT ?{expected} + 1 WHERE ?{expected} = coalesce((SELECT version FROM mink_streams WHERE tenant = '' AND stream = ?{stream}), 0)))"
        )
    });
    let rows = repeated(EVENTS, commits, |row| {
        let first = 2 + row * 6;
        let [expected, time, metadata, id, payload] = [1, 2, 3, 4, 5].map(|n| first + n);
        format!(
            "(NULL, '', ?{first}, ?{expected} + 1, ?{id}, '{LINE_ADDED}', 1, ?1, ?{time}, 'json', ?{metadata}, ?{payload})"
        )
    });
    format!("BEGIN IMMEDIATE;\n{streams}{rows}COMMIT")
}

async fn run(conn: &mut SqliteConnection, sql: Arc<str>, arguments: SqliteArguments) -> Result<()> {
    let done = conn
        .execute_many(sqlx::query_with(AssertSqlSafe(sql), arguments))
        .try_for_each(|_| std::future::ready(Ok(())))
        .await;
    if let Err(error) = done {
        conn.execute("ROLLBACK").await.ok();
        return Err(error.into());
    }
    Ok(())
}

/// One transaction in one text for each commit.
pub struct Same {
    conn: Mutex<SqliteConnection>,
    one_stream: Texts,
}

impl Same {
    /// Opens a file that has mink's tables.
    ///
    /// # Errors
    /// SQLite's.
    pub async fn open(file: &Path) -> Result<Self> {
        Ok(Self {
            conn: Mutex::new(connect(file).await?),
            one_stream: Texts::new(one_stream),
        })
    }

    async fn commit(&self, commit: Encoded) -> Result<()> {
        let count = commit.events.len();
        let mut arguments = SqliteArguments::default();
        let add = || {
            arguments.add(commit.stream)?;
            arguments.add(CATEGORY)?;
            arguments.add(commit.expected)?;
            arguments.add(commit.expected.saturating_add_unsigned(count as u64))?;
            arguments.add(commit.recorded_at)?;
            arguments.add(commit.metadata)?;
            for (id, payload) in commit.events {
                arguments.add(id.as_bytes().as_slice())?;
                arguments.add(payload)?;
            }
            Ok(())
        };
        add().map_err(sqlx::Error::Encode)?;
        let sql = self.one_stream.of(count);
        run(&mut *self.conn.lock().await, sql, arguments).await
    }
}

impl Appends for Same {
    async fn append(&self, order: u64, expected: u64, lines: Vec<LineAdded>) -> Result<()> {
        self.commit(Encoded::new(order, expected, &lines)?).await
    }
}

impl Reads for Same {
    async fn load(&self, order: u64) -> Result<Order> {
        let mut conn = self.conn.lock().await;
        let rows = sqlx::query(READ_STREAM)
            .bind(format!("{CATEGORY}-{order}"))
            .fetch_all(&mut *conn)
            .await?;
        drop(conn);
        let (mut state, mut version) = (Order::default(), 0_i64);
        for row in &rows {
            version = row.try_get(0)?;
            if row.try_get::<i64, _>(2)? != 1 {
                bail!("an old event");
            }
            evolve(&mut state, row.try_get(1)?, row.try_get(3)?)?;
        }
        // What the next append expects.
        ensure!(version == i64::try_from(rows.len())?, "a gap");
        Ok(state)
    }

    async fn scan(&self) -> Result<u64> {
        let mut conn = self.conn.lock().await;
        let (mut after, mut count) = (0_i64, 0);
        loop {
            let rows = sqlx::query(READ_FEED)
                .bind(after)
                .fetch_all(&mut *conn)
                .await?;
            let page = rows
                .iter()
                .map(FeedRow::read)
                .collect::<Result<Vec<_>, _>>()?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after = last.position;
            count += page.len() as u64;
        }
    }
}

#[allow(dead_code, reason = "what a reader of the feed would use")]
struct FeedRow {
    position: i64,
    tenant: String,
    stream: String,
    version: i64,
    id: Vec<u8>,
    event_type: String,
    schema_version: i64,
    recorded_at: i64,
    format: String,
    metadata: super::Metadata,
    payload: Vec<u8>,
}

impl FeedRow {
    fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Self> {
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
            metadata: serde_json::from_str(row.try_get(9)?)?,
            payload: row.try_get(10)?,
        })
    }
}

type Waiting = (Encoded, oneshot::Sender<Result<()>>);

/// One transaction in one text for all single-event commits that wait.
pub struct Grouped {
    queue: mpsc::UnboundedSender<Waiting>,
}

impl Grouped {
    /// Opens a file that has mink's tables.
    ///
    /// # Errors
    /// SQLite's.
    pub async fn open(file: &Path) -> Result<Self> {
        let conn = connect(file).await?;
        let (queue, waiting) = mpsc::unbounded_channel();
        tokio::spawn(work(conn, waiting));
        Ok(Self { queue })
    }
}

async fn work(mut conn: SqliteConnection, mut waiting: mpsc::UnboundedReceiver<Waiting>) {
    let texts = Texts::new(many_streams);
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let mut arguments = SqliteArguments::default();
        let mut add = || {
            arguments.add(CATEGORY)?;
            for (commit, _) in &mut group {
                arguments.add(std::mem::take(&mut commit.stream))?;
                arguments.add(commit.expected)?;
                arguments.add(commit.recorded_at)?;
                arguments.add(std::mem::take(&mut commit.metadata))?;
                let (id, payload) = commit.events.pop().ok_or("one event for each commit")?;
                arguments.add(id.as_bytes().as_slice())?;
                arguments.add(payload)?;
            }
            Ok(())
        };
        let done = match add().map_err(sqlx::Error::Encode) {
            Ok(()) => run(&mut conn, texts.of(group.len()), arguments).await,
            Err(error) => Err(error.into()),
        };
        for (_, answer) in group.drain(..) {
            let told = done.as_ref().copied().map_err(|error| anyhow!("{error}"));
            answer.send(told).ok();
        }
        tokio::task::yield_now().await;
    }
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
    conn: Mutex<SqliteConnection>,
    inserts: Texts,
    stream: i64,
}

impl Bare {
    /// Opens a file and makes the table. A load reads its first `stream` rows.
    ///
    /// # Errors
    /// SQLite's.
    pub async fn open(file: &Path, stream: u64) -> Result<Self> {
        let mut conn = connect(file).await?;
        conn.execute(BARE_TABLE).await?;
        let inserts = Texts::new(|rows| repeated(BARE_INSERT, rows, |_| "(?)".to_owned()));
        Ok(Self {
            conn: Mutex::new(conn),
            inserts,
            stream: i64::try_from(stream)?,
        })
    }

    /// Copies what is going to be read.
    ///
    /// # Errors
    /// SQLite's.
    pub async fn fill_from(&self, file: &Path) -> Result<()> {
        let mut conn = self.conn.lock().await;
        sqlx::query("ATTACH ? AS filled")
            .bind(file.to_string_lossy().into_owned())
            .execute(&mut *conn)
            .await?;
        conn.execute(
            "INSERT INTO bare (payload) SELECT payload FROM filled.mink_events ORDER BY position",
        )
        .await?;
        conn.execute("DETACH filled").await?;
        Ok(())
    }
}

impl Appends for Bare {
    async fn append(&self, _: u64, _: u64, lines: Vec<LineAdded>) -> Result<()> {
        let mut arguments = SqliteArguments::default();
        for line in &lines {
            let payload = serde_json::to_string(line)?;
            arguments.add(payload).map_err(sqlx::Error::Encode)?;
        }
        let sql = self.inserts.of(lines.len());
        run(&mut *self.conn.lock().await, sql, arguments).await
    }
}

impl Reads for Bare {
    async fn load(&self, _: u64) -> Result<Order> {
        let mut conn = self.conn.lock().await;
        let rows = sqlx::query("SELECT payload FROM bare ORDER BY id LIMIT ?")
            .bind(self.stream)
            .fetch_all(&mut *conn)
            .await?;
        Ok(Order {
            lines: rows.len() as u64,
            ..Order::default()
        })
    }

    async fn scan(&self) -> Result<u64> {
        let mut conn = self.conn.lock().await;
        let (mut after, mut count) = (0_i64, 0);
        loop {
            let rows =
                sqlx::query("SELECT id, payload FROM bare WHERE id > ? ORDER BY id LIMIT 1000")
                    .bind(after)
                    .fetch_all(&mut *conn)
                    .await?;
            let Some(last) = rows.last() else {
                return Ok(count);
            };
            after = last.try_get(0)?;
            count += rows.len() as u64;
        }
    }
}
