//! The global feed: pages of what the sequencer has stamped, with a turn of the sequencer whenever a reader has
//! come to the end.

mod health;
mod listen;
mod sequencer;

use std::sync::Arc;

use mink_runtime::id::{EventId, Position, TenantId};
use mink_runtime::storage::{FeedEvent, FeedFilter, FeedPage, StorageError};
use sqlx::postgres::PgRow;

pub(crate) use self::listen::listen;
pub(crate) use self::sequencer::{Sequencer, run_turns};
use crate::connections::Connections;
use crate::read::{clamp, fetch, page};
use crate::row::{Columns, EventReader, Whose};
use crate::schema::{Schema, Sql};

const PAGE: &str = include_str!("feed/page.sql");
const HEALTH: &str = include_str!("feed/health.sql");
const POSITION_OF: &str = include_str!("feed/position_of.sql");

/// How many positions one call searches for what a filter lets through: some tens of milliseconds of work, after
/// which the reader is told how far it got.
const WINDOW: u64 = 50_000;

pub(crate) struct Feed {
    connections: Arc<Connections>,
    sequencer: Arc<Sequencer>,
    page: Sql,
    position_of: Sql,
    health: Sql,
}

impl Feed {
    pub(crate) fn new(
        connections: Arc<Connections>,
        sequencer: Arc<Sequencer>,
        schema: &Schema,
    ) -> Self {
        Self {
            connections,
            sequencer,
            page: schema.fill(PAGE),
            position_of: schema.fill(POSITION_OF),
            health: schema.fill(HEALTH),
        }
    }

    /// A turn of the sequencer, and the newest position after it. `None` on a server that takes no writes: there the
    /// feed moves when the server it copies has moved it.
    async fn turn(&self) -> Result<Option<Position>, StorageError> {
        match self.sequencer.turn().await {
            Ok(turn) => Ok(Some(turn.head)),
            Err(StorageError::ReadOnly { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn page(
        &self,
        after: Position,
        filter: &FeedFilter,
        limit: usize,
    ) -> Result<FeedPage, StorageError> {
        let limit = limit.max(1);
        let mut fresh = false;
        if after >= self.sequencer.known_head() {
            // Who has caught up mostly finds nothing new: one round trip says so.
            fresh = true;
            if let Some(head) = self.turn().await?
                && head <= after
            {
                return Ok(FeedPage {
                    events: Vec::new(),
                    skipped: 0,
                    next: after,
                    head,
                });
            }
        }
        loop {
            let mut page = self.search(after, filter, limit).await?;
            self.sequencer.learn(page.head);
            if fresh || page.next < page.head {
                return Ok(page);
            }
            fresh = true;
            match self.turn().await? {
                // A full page holds no more, but its reader has not caught up.
                Some(head) if head > page.head && page.events.len() >= limit => {
                    page.head = head;
                    return Ok(page);
                }
                Some(head) if head > page.head => {}
                _ => return Ok(page),
            }
        }
    }

    pub(crate) async fn head(&self) -> Result<Position, StorageError> {
        if let Some(head) = self.turn().await? {
            return Ok(head);
        }
        let beyond = Position(u64::MAX);
        let page = self.search(beyond, &FeedFilter::all(), 1).await?;
        Ok(page.head)
    }

    pub(crate) async fn position_of(
        &self,
        tenant: &TenantId,
        id: EventId,
    ) -> Result<Option<Position>, StorageError> {
        let mut fresh = false;
        loop {
            let rows = fetch(&self.connections, &self.position_of, |statement| {
                statement.bind(tenant.as_str()).bind(id.0)
            })
            .await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let columns = Columns::of(row);
            if !columns.is_null(0) {
                let position = columns.unsigned(0, "position", Whose::Event(id))?;
                return Ok(Some(Position(position)));
            }
            if fresh {
                return Ok(None);
            }
            self.turn().await?;
            fresh = true;
        }
    }

    /// What is stamped after `after`, in one statement and so in one view.
    async fn search(
        &self,
        after: Position,
        filter: &FeedFilter,
        limit: usize,
    ) -> Result<FeedPage, StorageError> {
        let to = if filter.is_unrestricted() {
            u64::MAX
        } else {
            after.0.saturating_add(WINDOW)
        };
        let tenant = filter.tenant.as_ref().map(TenantId::as_str);
        // No stored name holds a NUL, and the server takes none. A list that is left empty still restricts.
        let types = list(filter.types.iter().map(String::as_str)).map(|types| {
            let storable = types.into_iter().filter(|name| !name.contains('\0'));
            storable.collect::<Vec<_>>()
        });
        let streams = list(filter.streams.iter().map(|stream| stream.as_str()));
        let categories = list(filter.categories.iter().map(|category| category.as_str()));
        let rows = fetch(&self.connections, &self.page, |statement| {
            statement
                .bind(clamp(after.0))
                .bind(clamp(to))
                .bind(tenant)
                .bind(types.clone())
                .bind(streams.clone())
                .bind(categories.clone())
                .bind(page(limit))
        })
        .await?;
        let head = match rows.first() {
            Some(row) => Columns::of(row).unsigned(0, "last_position", Whose::Feed)?,
            None => 0,
        };
        let mut reader = EventReader::default();
        let mut events = rows
            .iter()
            .filter(|row| !Columns::of(row).is_null(1))
            .map(|row| event(&mut reader, row))
            .collect::<Result<Vec<_>, _>>()?;
        // A join promises no order; this one keeps that of the positions, so there is nothing to do.
        events.sort_by_key(|event| event.position);
        let last = events.last().map_or(0, |event| event.position.0);
        let next = if events.len() >= limit {
            last
        } else {
            after.0.max(last).max(to.min(head))
        };
        Ok(FeedPage {
            events,
            skipped: 0,
            next: Position(next),
            head: Position(head),
        })
    }
}

fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> Option<Vec<&'a str>> {
    (names.len() > 0).then(|| names.collect())
}

fn event(reader: &mut EventReader, row: &PgRow) -> Result<FeedEvent, StorageError> {
    let columns = Columns::of(row);
    let position = Position(columns.unsigned(1, "position", Whose::Feed)?);
    let whose = Whose::Position(position);
    let tenant = columns.tenant(2, whose)?;
    let stream = columns.stream(3, whose)?;
    Ok(FeedEvent {
        position,
        event: reader.event(columns, 4, &tenant, &stream, whose)?,
    })
}
