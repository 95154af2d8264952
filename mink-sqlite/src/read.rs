//! Reads of streams and single events.

mod feed;
mod health;
mod list;
mod visit;

use std::sync::Arc;

use futures_util::TryStreamExt;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::storage::{
    Direction, KeyDigest, RecordedEvent, StorageError, StreamInfo, StreamPage, StreamQuery,
};
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Either, Executor, Sqlite, SqlitePool};

pub(crate) use self::visit::Visited;
use crate::failure::storage_error;
use crate::row::{EventReader, Facts, Whose, column, damaged, torn, unsigned};

const READ_FORWARDS: &str = include_str!("read/stream_forwards.sql");
const READ_BACKWARDS: &str = include_str!("read/stream_backwards.sql");
const SELECT_EVENT: &str = include_str!("read/event.sql");
const SELECT_POSITION: &str = include_str!("read/position_of.sql");
const SELECT_HEAD: &str = include_str!("read/head.sql");
const SELECT_STREAM: &str = include_str!("read/stream_info.sql");

/// How many streams one text reads.
const STREAMS: usize = 16;

/// The connections that read.
pub(crate) struct Reader {
    pool: SqlitePool,
    label: Arc<str>,
}

impl Reader {
    pub(crate) fn new(pool: SqlitePool, label: Arc<str>) -> Self {
        Self { pool, label }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn failed(&self, error: sqlx::Error) -> StorageError {
        storage_error(error, &self.label)
    }

    /// Taken before the rows are asked for: a pool that does it by itself passes each row on once more.
    async fn connection(&self) -> Result<PoolConnection<Sqlite>, StorageError> {
        let conn = self.pool.acquire().await;
        conn.map_err(|error| self.failed(error))
    }

    fn explain(&self, failed: Failed) -> StorageError {
        match failed {
            Failed::Database(error) => self.failed(error),
            Failed::Read(error) => error,
        }
    }

    pub(crate) async fn stream(&self, query: &StreamQuery) -> Result<StreamPage, StorageError> {
        let arguments = arguments(std::slice::from_ref(query)).map_err(|e| self.encode(e))?;
        let sql = stream_sql(query.direction);
        let mut page = Page::of(query);
        let mut conn = self.connection().await?;
        fetch(&mut *conn, sql, arguments, 1, |_, row| page.add(row))
            .await
            .map_err(|failed| self.explain(failed))?;
        page.page.ok_or_else(|| StorageError::StreamNotFound {
            stream: query.stream.clone(),
        })
    }

    pub(crate) async fn streams(
        &self,
        queries: &[StreamQuery],
    ) -> Result<Vec<Option<StreamPage>>, StorageError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let mut pages = Vec::with_capacity(queries.len());
        let mut snapshot = self
            .pool
            .begin()
            .await
            .map_err(|error| self.failed(error))?;
        for run in queries.chunk_by(|a, b| a.direction == b.direction) {
            for chunk in run.chunks(STREAMS) {
                // Only the whole chunk and the single statement are worth preparing.
                let step = if chunk.len() == STREAMS { STREAMS } else { 1 };
                for queries in chunk.chunks(step) {
                    let arguments = arguments(queries).map_err(|e| self.encode(e))?;
                    let sql = stream_sql(queries[0].direction).repeat(queries.len());
                    let mut read: Vec<_> = queries.iter().map(Page::of).collect();
                    fetch(
                        &mut *snapshot,
                        sql,
                        arguments,
                        queries.len(),
                        |number, row| read[number].add(row),
                    )
                    .await
                    .map_err(|failed| self.explain(failed))?;
                    pages.extend(read.into_iter().map(|read| read.page));
                }
            }
        }
        snapshot
            .rollback()
            .await
            .map_err(|error| self.failed(error))?;
        Ok(pages)
    }

    pub(crate) async fn event(
        &self,
        tenant: &TenantId,
        id: EventId,
    ) -> Result<Option<RecordedEvent>, StorageError> {
        let row = sqlx::query(SELECT_EVENT)
            .bind(tenant.as_str())
            .bind(id.0.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
        let Some(row) = row else { return Ok(None) };
        let whose = Whose::Event(id);
        let stream = stream_name(&row, 0, whose)?;
        let facts = Facts::of(&row, 1, whose)?;
        EventReader::default()
            .event(&row, facts, 2, tenant, &stream, whose)
            .map(Some)
    }

    pub(crate) async fn position_of(
        &self,
        tenant: &TenantId,
        id: EventId,
    ) -> Result<Option<Position>, StorageError> {
        let position: Option<i64> = sqlx::query_scalar(SELECT_POSITION)
            .bind(tenant.as_str())
            .bind(id.0.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
        position
            .map(|position| unsigned(position, "position", Whose::Event(id)).map(Position))
            .transpose()
    }

    pub(crate) async fn head(&self) -> Result<Position, StorageError> {
        let head: Option<i64> = sqlx::query_scalar(SELECT_HEAD)
            .fetch_one(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
        // Positions below 0 can only come from another hand; they are before the start, where no reader looks.
        Ok(Position(
            head.map_or(0, |head| u64::try_from(head).unwrap_or(0)),
        ))
    }

    pub(crate) async fn stream_info(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamInfo>, StorageError> {
        let version: Option<i64> = sqlx::query_scalar(SELECT_STREAM)
            .bind(tenant.as_str())
            .bind(stream.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
        let Some(version) = version else {
            return Ok(None);
        };
        Ok(Some(StreamInfo {
            tenant: tenant.clone(),
            stream: stream.clone(),
            version: unsigned(version, "version", Whose::Stream(stream))?,
            first: 1,
            archived: false,
            deleted: false,
        }))
    }

    /// The row under an idempotency key.
    pub(crate) async fn key(
        &self,
        sql: &'static str,
        tenant: &TenantId,
        key: KeyDigest,
    ) -> Result<Option<SqliteRow>, StorageError> {
        sqlx::query(sql)
            .bind(tenant.as_str())
            .bind(key.0.as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.failed(error))
    }

    fn encode(&self, error: BoxDynError) -> StorageError {
        self.failed(sqlx::Error::Encode(error))
    }
}

fn stream_sql(direction: Direction) -> &'static str {
    match direction {
        Direction::Forwards => READ_FORWARDS,
        Direction::Backwards => READ_BACKWARDS,
    }
}

fn arguments(queries: &[StreamQuery]) -> Result<SqliteArguments, BoxDynError> {
    let mut arguments = SqliteArguments::default();
    for query in queries {
        arguments.add(clamp(query.from))?;
        arguments.add(clamp(query.to))?;
        arguments.add(query.tenant.as_str())?;
        arguments.add(query.stream.as_str())?;
        arguments.add(limit(query.limit))?;
    }
    Ok(arguments)
}

/// A version or position as SQLite's own integer: what is beyond it is beyond every stored one too.
fn clamp(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn limit(limit: usize) -> i64 {
    i64::try_from(limit.max(1)).unwrap_or(i64::MAX)
}

/// Makes the page of one stream, row by row.
struct Page<'q> {
    query: &'q StreamQuery,
    reader: EventReader,
    page: Option<StreamPage>,
}

impl<'q> Page<'q> {
    fn of(query: &'q StreamQuery) -> Self {
        Self {
            query,
            reader: EventReader::default(),
            page: None,
        }
    }

    fn add(&mut self, row: &SqliteRow) -> Result<(), StorageError> {
        let query = self.query;
        let whose = Whose::Stream(&query.stream);
        let mut facts = Facts::of(row, 0, whose)?;
        let version = facts.number().ok_or_else(|| torn(whose))?;
        let page = match &mut self.page {
            Some(page) => page,
            none => {
                let version = unsigned(version, "version", whose)?;
                let range = (query.to.min(version) + 1).saturating_sub(query.from.max(1));
                let room = range.min(StreamQuery::PAGE as u64).min(query.limit as u64);
                none.insert(StreamPage {
                    version,
                    first: 1,
                    archived: false,
                    events: Vec::with_capacity(usize::try_from(room).unwrap_or(0)),
                })
            }
        };
        // A stream without an event in the range is one row of nothing but its version.
        if !facts.is_empty() {
            let event = self
                .reader
                .event(row, facts, 1, &query.tenant, &query.stream, whose)?;
            page.events.push(event);
        }
        Ok(())
    }
}

fn stream_name(row: &SqliteRow, index: usize, whose: Whose<'_>) -> Result<StreamId, StorageError> {
    let name: &str = column(row, index, "stream", whose)?;
    StreamId::new(name).map_err(|error| damaged(whose, &error.to_string()))
}

/// Hands each row of each of a text's `statements` statements to `read`, as it comes, with the statement's number. A
/// connection whose thread died ends its answers early and without an error, so they are counted: a page cut short
/// must not look like the end.
async fn fetch<'c, E>(
    executor: E,
    sql: impl Into<String>,
    arguments: SqliteArguments,
    statements: usize,
    mut read: impl FnMut(usize, &SqliteRow) -> Result<(), StorageError>,
) -> Result<(), Failed>
where
    E: Executor<'c, Database = Sqlite>,
{
    let query = sqlx::query_with(AssertSqlSafe(sql.into()), arguments);
    let mut answers = executor.fetch_many(query);
    let mut done = 0;
    while let Some(answer) = answers.try_next().await.map_err(Failed::Database)? {
        match answer {
            Either::Left(_) => done += 1,
            Either::Right(row) => read(done, &row).map_err(Failed::Read)?,
        }
    }
    if done == statements {
        Ok(())
    } else {
        Err(Failed::Database(sqlx::Error::WorkerCrashed))
    }
}

/// Why rows could not be read.
enum Failed {
    Database(sqlx::Error),
    Read(StorageError),
}
