//! Reads a stream for somebody who wants to see its events once, and to keep none.
//!
//! sqlx hands every row from SQLite's thread to the caller's, in memory of its own for each column: for an event of
//! common size that costs more than finding and decoding it. Here SQLite writes runs of 64 events behind each other into
//! one value, and they are taken apart in place.

use std::ops::ControlFlow;

use mink_runtime::id::EventId;
use mink_runtime::storage::{
    Direction, Format, StorageError, StoredEvent, StreamBounds, StreamQuery, Visit,
};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Row};
use uuid::Uuid;

use super::{Failed, Reader, clamp, fetch};
use crate::row::Facts;

const VISIT: &str = include_str!("visit.sql");

/// SQLite's code for a value that is larger than it can make.
const TOO_BIG: &str = "18";

/// How far a visit came.
pub(crate) enum Visited {
    /// To the end, or as far as was wanted.
    Whole(StreamBounds),
    /// Not to the end: here is something that cannot be told apart, or is too large to stand behind others. Event by
    /// event it is read, or said what is wrong with it.
    Until(StreamQuery),
}

impl Reader {
    pub(crate) async fn visit(
        &self,
        query: &StreamQuery,
        visit: &mut Visit<'_>,
    ) -> Result<Visited, StorageError> {
        let mut left = query.clone();
        left.from = left.from.max(1);
        if query.direction == Direction::Backwards || left.from > left.to {
            return Ok(Visited::Until(left));
        }
        loop {
            let limit = u64::try_from(query.limit.max(1)).unwrap_or(u64::MAX);
            let end = left.from.saturating_add(limit - 1).min(left.to);
            let mut arguments = SqliteArguments::default();
            arguments
                .add(left.tenant.as_str())
                .and_then(|()| arguments.add(left.stream.as_str()))
                .and_then(|()| arguments.add(clamp(left.from)))
                .and_then(|()| arguments.add(clamp(end)))
                .map_err(|error| self.encode(error))?;
            let (mut head, mut first, mut deleted, mut archived) = (None, 1, false, false);
            let from = left.from;
            let mut going = Going::On;
            let mut conn = self.connection().await?;
            let fetched = fetch(&mut *conn, VISIT, arguments, 1, |_, row| {
                if going == Going::On {
                    head = Some(row.try_get::<i64, _>(0).unwrap_or(-1));
                    first = u64::try_from(row.try_get::<i64, _>(1).unwrap_or(1)).unwrap_or(1);
                    deleted = row.try_get::<i64, _>(2).unwrap_or(0) != 0;
                    archived = row.try_get::<i64, _>(4).unwrap_or(0) != 0;
                    let run: Option<&[u8]> = row.try_get(3).ok().flatten();
                    let run = Run(run.unwrap_or_default());
                    let begins = left.from.max(first);
                    going = match run.first() {
                        // the first of all is in its place, or what comes before it is lost
                        Some(version) if left.from == from && version != begins => Going::Lost,
                        _ => Run(run.0).visit(&mut left, visit),
                    };
                }
                Ok(())
            })
            .await;
            drop(conn);
            match fetched {
                Err(Failed::Database(sqlx::Error::Database(error)))
                    if error.code().as_deref() == Some(TOO_BIG) =>
                {
                    going = Going::Lost;
                }
                fetched => fetched.map_err(|failed| self.explain(failed))?,
            }
            let Some(head) = head else {
                return Err(StorageError::StreamNotFound {
                    stream: left.stream,
                });
            };
            if deleted {
                return Err(StorageError::StreamDeleted {
                    stream: left.stream,
                });
            }
            let version = match u64::try_from(head) {
                Ok(version) if going != Going::Lost => version,
                _ => return Ok(Visited::Until(left)),
            };
            let bounds = StreamBounds {
                version,
                first,
                archived,
            };
            if going == Going::Stopped || end >= left.to.min(version) || bounds.hides(from) {
                return Ok(Visited::Whole(bounds));
            }
            left.from = (end + 1).max(first);
        }
    }
}

#[derive(PartialEq)]
enum Going {
    On,
    Stopped,
    Lost,
}

/// Events behind each other, each as
/// `version schema_version id_length type_length format_length payload_length id type format payload`.
struct Run<'r>(&'r [u8]);

impl<'r> Run<'r> {
    /// Visits the events; `left.from` is what comes after the last that was visited.
    fn visit(&mut self, left: &mut StreamQuery, visit: &mut Visit<'_>) -> Going {
        let mut format = Format::Json;
        while !self.0.is_empty() {
            let Some(next) = self.next() else {
                return Going::Lost;
            };
            if next.version < left.from {
                return Going::Lost;
            }
            if format.name() != next.format {
                format = Format::from_name(next.format);
            }
            let wants = visit(StoredEvent {
                id: next.id,
                tenant: &left.tenant,
                stream: &left.stream,
                version: next.version,
                event_type: next.event_type,
                schema_version: next.schema_version,
                format: &format,
                payload: next.payload,
            });
            left.from = next.version + 1;
            if wants == ControlFlow::Break(()) {
                return Going::Stopped;
            }
        }
        Going::On
    }

    /// The version of the first event.
    fn first(&self) -> Option<u64> {
        u64::try_from(Facts::behind(self.0).number()?).ok()
    }

    fn next(&mut self) -> Option<Next<'r>> {
        let mut facts = Facts::behind(self.0);
        let version = u64::try_from(facts.number()?).ok()?;
        let schema_version = u32::try_from(facts.number()?).ok()?;
        let mut length = || usize::try_from(facts.number()?).ok();
        let [id, event_type, format, payload_length] = [length()?, length()?, length()?, length()?];
        let id = Uuid::from_slice(facts.bytes(id)?).ok()?;
        let event_type = facts.text(event_type)?;
        let format = facts.text(format)?;
        let payload;
        (payload, self.0) = facts.rest().split_at_checked(payload_length)?;
        Some(Next {
            id: EventId(id),
            version,
            event_type,
            schema_version,
            format,
            payload,
        })
    }
}

struct Next<'r> {
    id: EventId,
    version: u64,
    event_type: &'r str,
    schema_version: u32,
    format: &'r str,
    payload: &'r [u8],
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failure here is the test's own result"
)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_code_of_a_value_too_large_is_known() {
        let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
        let error = sqlx::query("SELECT length(zeroblob(2000000000))")
            .fetch_one(&pool)
            .await
            .unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some(TOO_BIG));
    }

    #[test]
    fn events_that_cannot_be_told_apart_are_not_visited() {
        let mut query = StreamQuery::new(
            mink_runtime::id::TenantId::default(),
            mink_runtime::id::StreamId::new("A-1").unwrap(),
        );
        let id = "x".repeat(16);
        let event = |version| format!("{version} 1 16 1 4 2 {id} T json {{}}");
        for (text, versions) in [
            (event(1) + &event(2), vec![1, 2]),
            (event(1) + &event(1), vec![1]),
            (event(1) + &event(2)[..20], vec![1]),
            (event(1) + "2 1 16 1 4 99 ", vec![1]),
            (event(1) + "2 1 16 1 4 -1 ", vec![1]),
            (event(-1), vec![]),
        ] {
            query.from = 1;
            let mut seen = Vec::new();
            let mut see = |event: StoredEvent<'_>| {
                seen.push(event.version);
                ControlFlow::Continue(())
            };
            let going = Run(text.as_bytes()).visit(&mut query, &mut see);
            assert_eq!(seen, versions, "{text}");
            assert_eq!(going == Going::On, seen.len() == 2, "{text}");
        }
    }
}
