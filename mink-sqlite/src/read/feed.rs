//! The global feed: the table's own order, searched in bounded windows.

use mink_runtime::id::Position;
use mink_runtime::storage::{FeedEvent, FeedFilter, FeedPage, Format, StorageError};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row};

use super::{Reader, SELECT_HEAD, clamp, fetch};
use crate::row::{EventReader, Facts, Whose, column, unsigned};

const FEED: &str = include_str!("feed.sql");
const FILTER_TENANT: &str = include_str!("filter_tenant.sql");
const FILTER_TYPES: &str = include_str!("filter_types.sql");
const FILTER_STREAMS: &str = include_str!("filter_streams.sql");
const FILTER_CATEGORIES: &str = include_str!("filter_categories.sql");
const ORDER: &str = include_str!("feed_order.sql");

/// How many positions one call searches for what a filter lets through: some tens of milliseconds of work, after
/// which the reader is told how far it got.
const WINDOW: u64 = 50_000;

impl Reader {
    pub(crate) async fn feed(
        &self,
        after: Position,
        filter: &FeedFilter,
        limit: usize,
    ) -> Result<FeedPage, StorageError> {
        let searched_to = if filter.is_unrestricted() {
            u64::MAX
        } else {
            after.0.saturating_add(WINDOW)
        };
        let (sql, arguments) =
            search(after, searched_to, filter, limit).map_err(|error| self.encode(error))?;
        let mut head = 0;
        let mut events = Vec::new();
        let (mut places, mut skipped, mut last) = (0, 0, 0);
        let mut reader = EventReader::default();
        let mut conn = self.connection().await?;
        fetch(&mut *conn, sql, arguments, 2, |statement, row| {
            if statement == 0 {
                let found = row.try_get::<Option<i64>, _>(0).ok().flatten();
                head = found.map_or(0, |head| u64::try_from(head).unwrap_or(0));
            } else {
                let found = event(&mut reader, row)?;
                places += 1;
                last = found.position.0;
                if Format::RESERVED.contains(&found.event.format.name()) {
                    skipped += 1;
                } else {
                    events.push(found);
                }
            }
            Ok(())
        })
        .await
        .map_err(|failed| self.explain(failed))?;
        // The limit is of places, those of removed events too, so that a page is one range of them.
        // The head was read before the events, in a snapshot of its own: everything up to it was in sight when
        // the events were searched, and the events may go beyond it.
        let next = if places >= limit.max(1) {
            last
        } else {
            after.0.max(last).max(searched_to.min(head))
        };
        Ok(FeedPage {
            events,
            skipped,
            next: Position(next),
            head: Position(head.max(last)),
        })
    }
}

fn search(
    after: Position,
    searched_to: u64,
    filter: &FeedFilter,
    limit: usize,
) -> Result<(String, SqliteArguments), BoxDynError> {
    let mut sql = [SELECT_HEAD, FEED].concat();
    let mut arguments = SqliteArguments::default();
    arguments.add(clamp(after.0))?;
    arguments.add(clamp(searched_to))?;
    if let Some(tenant) = &filter.tenant {
        sql.push_str(FILTER_TENANT);
        arguments.add(tenant.as_str())?;
    }
    if !filter.types.is_empty() {
        sql.push_str(FILTER_TYPES);
        arguments.add(serde_json::to_string(&filter.types)?)?;
    }
    if !filter.streams.is_empty() {
        sql.push_str(FILTER_STREAMS);
        arguments.add(serde_json::to_string(&filter.streams)?)?;
    }
    if !filter.categories.is_empty() {
        let names: Vec<&str> = filter.categories.iter().map(|c| c.as_str()).collect();
        sql.push_str(FILTER_CATEGORIES);
        arguments.add(serde_json::to_string(&names)?)?;
    }
    sql.push_str(ORDER);
    arguments.add(super::limit(limit))?;
    Ok((sql, arguments))
}

fn event(reader: &mut EventReader, row: &SqliteRow) -> Result<FeedEvent, StorageError> {
    let position: i64 = column(row, 0, "position", Whose::Position(Position::START))?;
    let position = Position(unsigned(
        position,
        "position",
        Whose::Position(Position::START),
    )?);
    let whose = Whose::Position(position);
    let tenant = reader.tenant(column(row, 1, "tenant", whose)?, whose)?;
    let stream = reader.stream(column(row, 2, "stream", whose)?, whose)?;
    let facts = Facts::of(row, 3, whose)?;
    Ok(FeedEvent {
        position,
        event: reader.event(row, facts, 4, &tenant, &stream, whose)?,
    })
}
