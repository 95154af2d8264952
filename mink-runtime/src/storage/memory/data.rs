//! The maps behind the lock.

mod keys;
mod lifecycle;
mod snapshots;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

use self::keys::Keys;
use crate::id::{EventId, Position, StreamId, TenantId};
use crate::storage::{
    Append, Commit, CommitError, Committed, ConcurrencyConflict, Direction, FeedEvent, FeedFilter,
    FeedPage, NewEvent, RecordedEvent, Snapshot, StorageError, StreamHead, StreamInfo, StreamList,
    StreamMarks, StreamPage, StreamQuery,
};

#[derive(Default)]
pub(super) struct Data {
    /// Every event, in feed order: the event at index `i` has position `i + 1`.
    log: Vec<Logged>,
    tenants: HashMap<TenantId, Tenant>,
}

struct Logged {
    event: RecordedEvent,
    /// Whether its content was removed.
    stub: bool,
}

/// What one tenant owns; events as indexes into the log.
#[derive(Default)]
struct Tenant {
    streams: BTreeMap<StreamId, Stream>,
    events: HashMap<EventId, usize>,
    keys: Keys,
    snapshots: HashMap<StreamId, Snapshot>,
}

struct Stream {
    /// The event at index `i` has version `i + 1`.
    events: Vec<usize>,
    marks: StreamMarks,
}

impl Stream {
    fn new() -> Self {
        Self {
            events: Vec::new(),
            marks: StreamMarks::whole(0),
        }
    }

    fn version(&self) -> u64 {
        self.marks.version
    }

    fn info(&self, tenant: &TenantId, stream: &StreamId) -> StreamInfo {
        StreamInfo {
            tenant: tenant.clone(),
            stream: stream.clone(),
            version: self.marks.version,
            first: self.marks.first,
            truncated: self.marks.truncated,
            archived: self.marks.archived(),
            deleted: self.marks.deleted,
        }
    }
}

impl Data {
    pub(super) fn commit(
        &mut self,
        commit: &Commit,
        now: DateTime<Utc>,
    ) -> Result<Committed, CommitError> {
        let known = self.recognise(commit);
        if let Ok(Some(streams)) = known {
            return Ok(Committed {
                id: commit.id,
                streams,
                recognised: true,
            });
        }
        if let Some(record) = &commit.idempotency {
            let keys = self.keys(&record.tenant);
            if commit.appends.is_empty() && keys.is_answered_by(record.key, commit.id, now) {
                return Ok(Committed {
                    id: commit.id,
                    streams: Vec::new(),
                    recognised: true,
                });
            }
            keys.check(record, now)?;
        }
        known?;
        for append in &commit.appends {
            self.check_expected(append)?;
        }
        if let Some(record) = &commit.idempotency {
            self.keys(&record.tenant).answer(record, commit.id, now);
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
                let stored = self.index_of(&append.tenant, event.id);
                match stored.map(|index| &self.log[index].event) {
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

    fn check_expected(&self, append: &Append) -> Result<(), CommitError> {
        let stream = self.stream(&append.tenant, &append.stream);
        if stream.is_some_and(|stream| stream.marks.deleted) {
            return Err(CommitError::StreamDeleted {
                stream: append.stream.clone(),
            });
        }
        let actual = stream.map_or(0, Stream::version);
        if append.expected.holds_at(actual) {
            return Ok(());
        }
        Err(CommitError::Conflict(ConcurrencyConflict {
            stream: append.stream.clone(),
            expected: append.expected,
            actual,
        }))
    }

    fn append(&mut self, append: &Append) -> StreamHead {
        let tenant = self.tenants.entry(append.tenant.clone()).or_default();
        let stream = tenant
            .streams
            .entry(append.stream.clone())
            .or_insert_with(Stream::new);
        for event in &append.events {
            let index = self.log.len();
            stream.events.push(index);
            stream.marks.version += 1;
            tenant.events.insert(event.id, index);
            self.log.push(Logged {
                event: record(append, event, stream.version()),
                stub: false,
            });
        }
        head(append, stream.version())
    }

    pub(super) fn head(&self) -> Position {
        Position(count(self.log.len()))
    }

    /// `None` when the stream does not exist.
    pub(super) fn stream_page(
        &self,
        query: &StreamQuery,
    ) -> Result<Option<StreamPage>, StorageError> {
        let Some(stream) = self.stream(&query.tenant, &query.stream) else {
            return Ok(None);
        };
        if stream.marks.deleted {
            return Err(StorageError::StreamDeleted {
                stream: query.stream.clone(),
            });
        }
        let length = stream.events.len();
        let from = index(query.from.max(stream.marks.first) - 1).min(length);
        let to = index(query.to).min(length).max(from);
        let window = stream.events[from..to]
            .iter()
            .map(|at| self.log[*at].event.clone());
        let limit = query.limit.max(1);
        Ok(Some(StreamPage {
            version: stream.version(),
            first: stream.marks.first,
            archived: stream.marks.archived(),
            events: match query.direction {
                Direction::Forwards => window.take(limit).collect(),
                Direction::Backwards => window.rev().take(limit).collect(),
            },
        }))
    }

    pub(super) fn feed_page(&self, after: Position, filter: &FeedFilter, limit: usize) -> FeedPage {
        let limit = limit.max(1);
        let head = self.head();
        let from = index(after.0).min(self.log.len());
        let mut events = Vec::new();
        let mut skipped = 0;
        let mut next = head.max(after);
        for (logged, position) in self.log[from..].iter().zip(count(from) + 1..) {
            if !filter.matches(&logged.event) {
                continue;
            }
            if logged.stub {
                skipped += 1;
                continue;
            }
            let position = Position(position);
            events.push(FeedEvent {
                position,
                event: logged.event.clone(),
            });
            if events.len() == limit {
                next = position;
                break;
            }
        }
        FeedPage {
            events,
            skipped,
            next,
            head,
        }
    }

    pub(super) fn event(&self, tenant: &TenantId, id: EventId) -> Option<&RecordedEvent> {
        let logged = self.log.get(self.index_of(tenant, id)?)?;
        (!logged.stub).then_some(&logged.event)
    }

    pub(super) fn position_of(&self, tenant: &TenantId, id: EventId) -> Option<Position> {
        Some(Position(count(self.index_of(tenant, id)? + 1)))
    }

    pub(super) fn stream_info(&self, tenant: &TenantId, stream: &StreamId) -> Option<StreamInfo> {
        Some(self.stream(tenant, stream)?.info(tenant, stream))
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
            .map(|(name, stream)| stream.info(&query.tenant, name))
            .collect()
    }

    fn stream(&self, tenant: &TenantId, stream: &StreamId) -> Option<&Stream> {
        self.tenants.get(tenant)?.streams.get(stream)
    }

    fn index_of(&self, tenant: &TenantId, id: EventId) -> Option<usize> {
        self.tenants.get(tenant)?.events.get(&id).copied()
    }

    fn tenant(&mut self, tenant: &TenantId) -> &mut Tenant {
        self.tenants.entry(tenant.clone()).or_default()
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

pub(super) fn to_the_microsecond(time: DateTime<Utc>) -> DateTime<Utc> {
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
