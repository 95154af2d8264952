//! The maps behind the lock.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

use crate::id::{EventId, Position, StreamId, TenantId};
use crate::storage::{
    Append, Commit, CommitError, Committed, ConcurrencyConflict, Direction, FeedEvent, FeedFilter,
    FeedPage, NewEvent, RecordedEvent, StreamHead, StreamInfo, StreamList, StreamPage, StreamQuery,
};

#[derive(Default)]
pub(super) struct Data {
    /// Every event, in feed order: the event at index `i` has position `i + 1`.
    log: Vec<RecordedEvent>,
    tenants: HashMap<TenantId, Tenant>,
}

/// What one tenant owns, as indexes into the log.
#[derive(Default)]
struct Tenant {
    /// The event at index `i` of a stream has version `i + 1`.
    streams: BTreeMap<StreamId, Vec<usize>>,
    events: HashMap<EventId, usize>,
}

impl Data {
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Committed, CommitError> {
        if let Some(streams) = self.recognise(commit)? {
            return Ok(Committed {
                id: commit.id,
                streams,
                recognised: true,
            });
        }
        for append in &commit.appends {
            let actual = self.version(&append.tenant, &append.stream);
            if !append.expected.holds_at(actual) {
                return Err(CommitError::Conflict(ConcurrencyConflict {
                    stream: append.stream.clone(),
                    expected: append.expected,
                    actual,
                }));
            }
        }
        Ok(Committed {
            id: commit.id,
            streams: commit
                .appends
                .iter()
                .map(|append| self.append(append))
                .collect(),
            recognised: false,
        })
    }

    /// The answer of the first time, when every event is stored already where this commit wants it.
    fn recognise(&self, commit: &Commit) -> Result<Option<Vec<StreamHead>>, CommitError> {
        let mut known = None;
        let mut missing = false;
        let mut heads = Vec::with_capacity(commit.appends.len());
        for append in &commit.appends {
            let mut version = 0;
            for event in &append.events {
                let reused = || CommitError::EventIdReused {
                    id: event.id,
                    stream: append.stream.clone(),
                };
                match self.event(&append.tenant, event.id) {
                    None => missing = true,
                    Some(stored) if stored.stream != append.stream => return Err(reused()),
                    Some(stored) => {
                        version = stored.version;
                        known.get_or_insert_with(reused);
                    }
                }
            }
            heads.push(head(append, version));
        }
        match known {
            None => Ok(None),
            Some(reused) if missing => Err(reused),
            Some(_) => Ok(Some(heads)),
        }
    }

    fn append(&mut self, append: &Append) -> StreamHead {
        let tenant = self.tenants.entry(append.tenant.clone()).or_default();
        let stream = tenant.streams.entry(append.stream.clone()).or_default();
        for event in &append.events {
            let index = self.log.len();
            stream.push(index);
            tenant.events.insert(event.id, index);
            self.log.push(record(append, event, count(stream.len())));
        }
        head(append, count(stream.len()))
    }

    pub(super) fn head(&self) -> Position {
        Position(count(self.log.len()))
    }

    pub(super) fn stream_page(&self, query: &StreamQuery) -> Option<StreamPage> {
        let stream = self.stream(&query.tenant, &query.stream)?;
        let version = count(stream.len());
        let first = index(query.from.saturating_sub(1)).min(stream.len());
        let end = index(query.to).min(stream.len()).max(first);
        let window = stream[first..end].iter().map(|at| self.log[*at].clone());
        let limit = query.limit.max(1);
        Some(StreamPage {
            version,
            events: match query.direction {
                Direction::Forwards => window.take(limit).collect(),
                Direction::Backwards => window.rev().take(limit).collect(),
            },
        })
    }

    pub(super) fn feed_page(&self, after: Position, filter: &FeedFilter, limit: usize) -> FeedPage {
        let limit = limit.max(1);
        let head = self.head();
        let first = index(after.0).min(self.log.len());
        let events: Vec<_> = self.log[first..]
            .iter()
            .zip(count(first) + 1..)
            .filter(|(event, _)| filter.matches(event))
            .take(limit)
            .map(|(event, position)| FeedEvent {
                position: Position(position),
                event: event.clone(),
            })
            .collect();
        let next = match events.last() {
            Some(last) if events.len() == limit => last.position,
            _ => head.max(after),
        };
        FeedPage { events, next, head }
    }

    pub(super) fn event(&self, tenant: &TenantId, id: EventId) -> Option<&RecordedEvent> {
        self.log.get(self.index_of(tenant, id)?)
    }

    pub(super) fn position_of(&self, tenant: &TenantId, id: EventId) -> Option<Position> {
        Some(Position(count(self.index_of(tenant, id)? + 1)))
    }

    pub(super) fn stream_info(&self, tenant: &TenantId, stream: &StreamId) -> Option<StreamInfo> {
        Some(StreamInfo {
            tenant: tenant.clone(),
            stream: stream.clone(),
            version: count(self.stream(tenant, stream)?.len()),
        })
    }

    pub(super) fn list_streams(&self, query: &StreamList) -> Vec<StreamInfo> {
        let Some(tenant) = self.tenants.get(&query.tenant) else {
            return Vec::new();
        };
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let after = query
            .after
            .as_ref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        tenant
            .streams
            .range((after, Bound::Unbounded))
            .filter(|(stream, _)| stream.as_str().starts_with(prefix))
            .filter(|(stream, _)| {
                query
                    .category
                    .as_ref()
                    .is_none_or(|category| category.as_str() == stream.category())
            })
            .take(query.limit.max(1))
            .map(|(stream, events)| StreamInfo {
                tenant: query.tenant.clone(),
                stream: stream.clone(),
                version: count(events.len()),
            })
            .collect()
    }

    fn stream(&self, tenant: &TenantId, stream: &StreamId) -> Option<&Vec<usize>> {
        self.tenants.get(tenant)?.streams.get(stream)
    }

    fn version(&self, tenant: &TenantId, stream: &StreamId) -> u64 {
        self.stream(tenant, stream)
            .map_or(0, |events| count(events.len()))
    }

    fn index_of(&self, tenant: &TenantId, id: EventId) -> Option<usize> {
        self.tenants.get(tenant)?.events.get(&id).copied()
    }
}

fn head(append: &Append, version: u64) -> StreamHead {
    StreamHead {
        tenant: append.tenant.clone(),
        stream: append.stream.clone(),
        version,
    }
}

fn record(append: &Append, event: &NewEvent, version: u64) -> RecordedEvent {
    RecordedEvent {
        id: event.id,
        tenant: append.tenant.clone(),
        stream: append.stream.clone(),
        version,
        event_type: Arc::from(&*event.event_type),
        schema_version: event.schema_version,
        format: event.format.clone(),
        payload: event.payload.clone(),
        metadata: event.metadata.clone(),
        recorded_at: to_the_microsecond(event.recorded_at),
    }
}

fn to_the_microsecond(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// A number of events that fit into memory; `usize` is never wider than 64 bits.
fn count(events: usize) -> u64 {
    events as u64
}

/// A number that a caller gave, which may be larger than any index.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
