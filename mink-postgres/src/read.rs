//! Reading streams and events, each in one round trip.

mod list;
mod visit;

use std::sync::Arc;

use mink_runtime::id::{EventId, StreamId, TenantId};
use mink_runtime::storage::{
    Direction, RecordedEvent, StorageError, StreamInfo, StreamPage, StreamQuery,
};
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;

pub(crate) use self::visit::Visited;
use crate::connections::Connections;
use crate::failure::{Fault, fault, storage_error};
use crate::row::{Columns, EventReader, Whose};
use crate::schema::{Schema, Sql};

const STREAM_FORWARDS: &str = include_str!("read/stream_forwards.sql");
const STREAM_BACKWARDS: &str = include_str!("read/stream_backwards.sql");
const VISIT: &str = include_str!("read/visit.sql");
const STREAMS: &str = include_str!("read/streams.sql");
const EVENT: &str = include_str!("read/event.sql");
const STREAM_INFO: &str = include_str!("read/stream_info.sql");
const LIST: &str = include_str!("read/list.sql");

pub(crate) struct Reader {
    connections: Arc<Connections>,
    stream_forwards: Sql,
    stream_backwards: Sql,
    visit: Sql,
    streams: Sql,
    event: Sql,
    stream_info: Sql,
    list: Sql,
}

/// The rows of one statement. A connection that turns out to be dead is replaced once: for what is harmless to do again.
pub(crate) async fn fetch<'q>(
    connections: &Arc<Connections>,
    sql: &Sql,
    bind: impl Fn(Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>,
) -> Result<Vec<PgRow>, StorageError> {
    match attempt(connections, sql, &bind).await? {
        Err(error) if fault(&error) == Fault::Lost => fetch_once(connections, sql, bind).await,
        outcome => outcome.map_err(|error| storage_error(&error)),
    }
}

/// The rows of one statement that is sent once.
pub(crate) async fn fetch_once<'q>(
    connections: &Arc<Connections>,
    sql: &Sql,
    bind: impl Fn(Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>,
) -> Result<Vec<PgRow>, StorageError> {
    let outcome = attempt(connections, sql, &bind).await?;
    outcome.map_err(|error| storage_error(&error))
}

/// `Err` outside when no connection could be had, and inside when the statement failed.
async fn attempt<'q>(
    connections: &Arc<Connections>,
    sql: &Sql,
    bind: &impl Fn(Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>,
) -> Result<Result<Vec<PgRow>, sqlx::Error>, StorageError> {
    let mut lease = connections
        .lease()
        .await
        .map_err(|error| storage_error(&error))?;
    let outcome = bind(sqlx::query(sql.safe())).fetch_all(lease.conn()).await;
    lease.give_back(&outcome);
    Ok(outcome)
}

/// A number that the caller gave, as the database counts.
pub(crate) fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A page holds at least 1.
pub(crate) fn page(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).max(1)
}

impl Reader {
    pub(crate) fn new(connections: Arc<Connections>, schema: &Schema) -> Self {
        Self {
            connections,
            stream_forwards: schema.fill(STREAM_FORWARDS),
            stream_backwards: schema.fill(STREAM_BACKWARDS),
            visit: schema.fill(VISIT),
            streams: schema.fill(STREAMS),
            event: schema.fill(EVENT),
            stream_info: schema.fill(STREAM_INFO),
            list: schema.fill(LIST),
        }
    }

    pub(crate) async fn stream(&self, query: &StreamQuery) -> Result<StreamPage, StorageError> {
        let sql = match query.direction {
            Direction::Forwards => &self.stream_forwards,
            Direction::Backwards => &self.stream_backwards,
        };
        let rows = fetch(&self.connections, sql, |statement| {
            statement
                .bind(query.tenant.as_str())
                .bind(query.stream.as_str())
                .bind(clamp(query.from))
                .bind(clamp(query.to))
                .bind(page(query.limit))
        })
        .await?;
        if rows.is_empty() {
            return Err(StorageError::StreamNotFound {
                stream: query.stream.clone(),
            });
        }
        let mut pages = Pages::default();
        let mut answer = None;
        for row in &rows {
            pages.add(&mut answer, Columns::of(row), 0, query)?;
        }
        answer.ok_or_else(|| StorageError::StreamNotFound {
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
        let tenants: Vec<&str> = queries.iter().map(|query| query.tenant.as_str()).collect();
        let streams: Vec<&str> = queries.iter().map(|query| query.stream.as_str()).collect();
        let from: Vec<i64> = queries.iter().map(|query| clamp(query.from)).collect();
        let to: Vec<i64> = queries.iter().map(|query| clamp(query.to)).collect();
        let backwards: Vec<bool> = queries
            .iter()
            .map(|query| query.direction == Direction::Backwards)
            .collect();
        let limits: Vec<i64> = queries.iter().map(|query| page(query.limit)).collect();
        let rows = fetch(&self.connections, &self.streams, |statement| {
            statement
                .bind(tenants.clone())
                .bind(streams.clone())
                .bind(from.clone())
                .bind(to.clone())
                .bind(backwards.clone())
                .bind(limits.clone())
        })
        .await?;
        let mut pages = Pages::default();
        let mut answers = vec![None; queries.len()];
        for row in &rows {
            let columns = Columns::of(row);
            let number = columns.unsigned(0, "i", Whose::Listed)?;
            let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
            if let (Some(answer), Some(query)) = (answers.get_mut(index), queries.get(index)) {
                pages.add(answer, columns, 1, query)?;
            }
        }
        Ok(answers)
    }

    pub(crate) async fn event(
        &self,
        tenant: &TenantId,
        id: EventId,
    ) -> Result<Option<RecordedEvent>, StorageError> {
        let rows = fetch(&self.connections, &self.event, |statement| {
            statement.bind(tenant.as_str()).bind(id.0)
        })
        .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let (columns, whose) = (Columns::of(row), Whose::Event(id));
        let stream = columns.stream(0, whose)?;
        EventReader::default()
            .event(columns, 1, tenant, &stream, whose)
            .map(Some)
    }

    pub(crate) async fn stream_info(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamInfo>, StorageError> {
        let rows = fetch(&self.connections, &self.stream_info, |statement| {
            statement.bind(tenant.as_str()).bind(stream.as_str())
        })
        .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(StreamInfo {
            tenant: tenant.clone(),
            stream: stream.clone(),
            version: Columns::of(row).unsigned(0, "version", Whose::Stream(stream))?,
            first: 1,
            archived: false,
            deleted: false,
        }))
    }
}

/// Gathers rows of `head` and an event's columns, which are null when the stream has no event in the range, into
/// pages.
#[derive(Default)]
struct Pages {
    reader: EventReader,
}

impl Pages {
    fn add(
        &mut self,
        to: &mut Option<StreamPage>,
        columns: Columns<'_>,
        first: usize,
        query: &StreamQuery,
    ) -> Result<(), StorageError> {
        let whose = Whose::Stream(&query.stream);
        let version = columns.unsigned(first, "version", whose)?;
        let page = to.get_or_insert_with(|| StreamPage {
            version,
            first: 1,
            archived: false,
            events: Vec::new(),
        });
        if !columns.is_null(first + 1) {
            let event =
                self.reader
                    .event(columns, first + 1, &query.tenant, &query.stream, whose)?;
            page.events.push(event);
        }
        Ok(())
    }
}
