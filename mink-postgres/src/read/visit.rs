//! Reads a stream for somebody who wants to see its events once, and to keep none.
//!
//! Events are visited as they come over the wire: while one is decoded, the server prepares the next.

use std::ops::ControlFlow;

use futures_util::TryStreamExt;
use mink_runtime::id::EventId;
use mink_runtime::storage::{
    Direction, Format, StorageError, StoredEvent, StreamBounds, StreamQuery, Visit,
};

use super::{Reader, clamp, page};
use crate::failure::{Fault, fault, storage_error};
use crate::row::Columns;

/// How far a visit came.
pub(crate) enum Visited {
    /// To the end, or as far as was wanted.
    Whole(StreamBounds),
    /// To a row that breaks the schema's own rules. Read as an event, it is said what is wrong with it.
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
        if query.direction == Direction::Backwards {
            return Ok(Visited::Until(left));
        }
        let mut again = true;
        loop {
            let mut seen = Seen {
                begins: left.from,
                ..Seen::default()
            };
            let mut lease = self
                .connections
                .lease()
                .await
                .map_err(|error| storage_error(&error))?;
            let outcome = async {
                let mut rows = sqlx::query(self.visit.safe())
                    .bind(left.tenant.as_str())
                    .bind(left.stream.as_str())
                    .bind(clamp(left.from))
                    .bind(clamp(left.to))
                    .bind(page(left.limit))
                    .fetch(lease.conn());
                while let Some(row) = rows.try_next().await? {
                    // A connection is given back only when its answer was read to the end.
                    if seen.going == Going::On {
                        seen.row(Columns::of(&row), query, visit);
                    }
                }
                Ok::<_, sqlx::Error>(())
            }
            .await;
            lease.give_back(&outcome);
            if let Some(last) = seen.last {
                left.from = last + 1;
            }
            match outcome {
                // A connection that turns out to be dead is replaced once: what was visited is not asked for again.
                Err(error) if again && fault(&error) == Fault::Lost => {
                    again = false;
                    if seen.going == Going::On {
                        continue;
                    }
                }
                Err(error) => return Err(storage_error(&error)),
                Ok(()) => {}
            }
            let Some(bounds) = seen.bounds else {
                return Err(StorageError::StreamNotFound {
                    stream: left.stream,
                });
            };
            if seen.deleted {
                return Err(StorageError::StreamDeleted {
                    stream: left.stream,
                });
            }
            if seen.going == Going::Lost {
                return Ok(Visited::Until(left));
            }
            let whole = seen.events < left.limit.max(1) || left.from > left.to.min(bounds.version);
            if whole || seen.going == Going::Stopped {
                return Ok(Visited::Whole(bounds));
            }
        }
    }
}

#[derive(Default, PartialEq)]
enum Going {
    #[default]
    On,
    Stopped,
    Lost,
}

/// Of a stream whose row cannot be read.
const NOWHERE: StreamBounds = StreamBounds {
    version: 0,
    first: 1,
    archived: false,
};

/// What was seen of one answer: first the stream, in a row of its own, then its events.
#[derive(Default)]
struct Seen {
    bounds: Option<StreamBounds>,
    /// The version of the first event that is to come.
    begins: u64,
    last: Option<u64>,
    events: usize,
    format: Format,
    going: Going,
    deleted: bool,
}

impl Seen {
    fn row(&mut self, columns: Columns<'_>, query: &StreamQuery, visit: &mut Visit<'_>) {
        let number = |column| u64::try_from(columns.int(column)?).ok();
        let Some(version) = number(0) else {
            self.bounds.get_or_insert(NOWHERE);
            self.going = Going::Lost;
            return;
        };
        if self.bounds.is_none() {
            let Some(first) = number(3) else {
                self.bounds = Some(NOWHERE);
                self.going = Going::Lost;
                return;
            };
            self.begins = self.begins.max(first);
            self.bounds = Some(StreamBounds {
                version,
                first,
                archived: columns.text(2).is_some(),
            });
            if columns.flag(7) == Some(true) {
                self.deleted = true;
                self.going = Going::Stopped;
            }
            return;
        }
        self.events += 1;
        self.going = match self.event(version, columns, query, visit) {
            Some(ControlFlow::Continue(())) => Going::On,
            Some(ControlFlow::Break(())) => Going::Stopped,
            None => Going::Lost,
        };
    }

    fn event(
        &mut self,
        version: u64,
        columns: Columns<'_>,
        query: &StreamQuery,
        visit: &mut Visit<'_>,
    ) -> Option<ControlFlow<()>> {
        let in_place = match self.last {
            Some(last) => version > last,
            None => version == self.begins,
        };
        if !in_place {
            return None;
        }
        let id = columns.uuid(1)?;
        let event_type = columns.text(2)?;
        let schema_version = u32::try_from(columns.int(3)?).ok()?;
        let format = columns.text(4)?;
        if self.format.name() != format {
            self.format = Format::from_name(format);
        }
        let payload = match self.format {
            Format::Json => columns.bytes(5)?,
            _ => columns.bytes(6)?,
        };
        self.last = Some(version);
        Some(visit(StoredEvent {
            id: EventId(id),
            tenant: &query.tenant,
            stream: &query.stream,
            version,
            event_type,
            schema_version,
            format: &self.format,
            payload,
        }))
    }
}
