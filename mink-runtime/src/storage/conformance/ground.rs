//! What a rule stands on: a store, a tenant, and short words for what rules do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::harness::{Harness, Subject};
use crate::id::{EventId, Position, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::storage::{
    Append, Commit, CommitError, Committed, ExpectedVersion, FeedEvent, FeedFilter, Format,
    NewEvent, RecordedEvent, Storage, StorageError, StreamQuery,
};

/// Version 7, variant 1: what a writer would choose. The counter makes both tenants use equal ids.
const FIRST_ID: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;

#[derive(Clone)]
pub(super) struct Ground {
    pub(super) store: Arc<dyn Storage>,
    pub(super) tenant: TenantId,
    pub(super) other: TenantId,
    subject: Subject,
    harness: Arc<dyn Harness>,
    made: Arc<AtomicU64>,
}

impl Ground {
    pub(super) fn new(
        subject: Subject,
        harness: Arc<dyn Harness>,
        tenant: TenantId,
        other: TenantId,
    ) -> Self {
        Self {
            store: subject.store().clone(),
            tenant,
            other,
            subject,
            harness,
            made: Arc::default(),
        }
    }

    /// Both tenants, in a store of their own that the rule may do anything to. Both make equal ids.
    pub(super) async fn both_elsewhere(&self) -> (Self, Self) {
        let subject = self.harness.fresh().await;
        let ground = |tenant: &TenantId, other: &TenantId| {
            Self::new(
                subject.clone(),
                self.harness.clone(),
                tenant.clone(),
                other.clone(),
            )
        };
        (
            ground(&self.tenant, &self.other),
            ground(&self.other, &self.tenant),
        )
    }

    /// The same ground through another handle on the same data, when the harness can open one.
    pub(super) async fn through_another_handle(&self) -> Option<Self> {
        let Some(store) = self.subject.open_again().await else {
            eprintln!("the harness cannot open the same data again: this rule holds trivially");
            return None;
        };
        Some(Self {
            store,
            ..self.clone()
        })
    }

    pub(super) fn id(&self) -> EventId {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        EventId(Uuid::from_u128(FIRST_ID + u128::from(number)))
    }

    pub(super) fn event(&self, event_type: &'static str) -> NewEvent {
        let id = self.id();
        let number = id.0.as_u128() - FIRST_ID;
        NewEvent {
            id,
            event_type: event_type.into(),
            schema_version: 1,
            format: Format::Json,
            payload: Bytes::from(format!("{{\"number\": {number}}}")),
            metadata: Metadata::default(),
            recorded_at: time(1_700_000_000_000_001) + chrono::TimeDelta::seconds(number as i64),
        }
    }

    pub(super) fn events(&self, count: usize) -> Vec<NewEvent> {
        (0..count).map(|_| self.event("Happened")).collect()
    }

    pub(super) fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Append {
        Append {
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            expected,
            events: events.to_vec(),
        }
    }

    /// A commit of one append.
    pub(super) fn commit(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Arc<Commit> {
        Arc::new(Commit::new(vec![self.append(stream, expected, events)]))
    }

    /// Submits one commit, again as long as its stream is busy.
    pub(super) async fn submit(&self, commit: &Arc<Commit>) -> Result<Committed, CommitError> {
        let mut answers = self.submit_batch(std::slice::from_ref(commit)).await;
        answers.remove(0)
    }

    /// Submits a batch, and those of its commits again whose streams are busy.
    pub(super) async fn submit_batch(
        &self,
        batch: &[Arc<Commit>],
    ) -> Vec<Result<Committed, CommitError>> {
        let mut answers = self.store.commit(batch).await;
        assert_eq!(
            answers.len(),
            batch.len(),
            "every commit of a batch has one answer"
        );
        for (answer, commit) in answers.iter_mut().zip(batch) {
            while let Err(CommitError::Busy { .. }) = answer {
                tokio::time::sleep(Duration::from_millis(1)).await;
                let mut again = self.store.commit(std::slice::from_ref(commit)).await;
                assert_eq!(again.len(), 1, "every commit of a batch has one answer");
                *answer = again.remove(0);
            }
        }
        answers
    }

    /// Appends events whatever is there already; it has to work.
    pub(super) async fn put(&self, stream: &StreamId, events: &[NewEvent]) -> Committed {
        self.submit(&self.commit(stream, ExpectedVersion::Any, events))
            .await
            .unwrap_or_else(|error| panic!("appending at any version works: {error}"))
    }

    pub(super) fn query(&self, stream: &StreamId) -> StreamQuery {
        StreamQuery::new(self.tenant.clone(), stream.clone())
    }

    /// The whole stream, page by page.
    pub(super) async fn read(&self, stream: &StreamId) -> Result<Vec<RecordedEvent>, StorageError> {
        let mut query = self.query(stream);
        let mut events = Vec::new();
        loop {
            let page = self.store.read_stream(&query).await?;
            let next = query.after(&page);
            events.extend(page.events);
            match next {
                Some(next) => query = next,
                None => return Ok(events),
            }
        }
    }

    /// How these events come back when the first of them has version `first`.
    pub(super) fn recorded(
        &self,
        stream: &StreamId,
        first: u64,
        events: &[NewEvent],
    ) -> Vec<RecordedEvent> {
        events
            .iter()
            .zip(first..)
            .map(|(event, version)| RecordedEvent {
                id: event.id,
                tenant: self.tenant.clone(),
                stream: stream.clone(),
                version,
                event_type: Arc::from(&*event.event_type),
                schema_version: event.schema_version,
                format: event.format.clone(),
                payload: event.payload.clone(),
                metadata: event.metadata.clone(),
                recorded_at: event.recorded_at.trunc_subsecs(6),
            })
            .collect()
    }

    /// The stream holds exactly these events; none: it does not exist.
    pub(super) async fn expect(&self, stream: &StreamId, events: &[NewEvent], promise: &str) {
        let info = self
            .store
            .stream_info(&self.tenant, stream)
            .await
            .unwrap_or_else(|error| panic!("a stream can be asked about: {error}"));
        assert_eq!(
            info.map_or(0, |info| info.version),
            events.len() as u64,
            "{promise}: the version of stream {stream:?}"
        );
        match self.read(stream).await {
            Ok(read) => same_events(&read, &self.recorded(stream, 1, events), promise),
            Err(StorageError::StreamNotFound { stream: named }) if events.is_empty() => {
                assert_eq!(
                    named, *stream,
                    "the error names the stream that was asked for"
                );
            }
            Err(error) => panic!("{promise}: reading stream {stream:?} failed: {error}"),
        }
    }

    pub(super) async fn head(&self) -> Position {
        self.store
            .head()
            .await
            .unwrap_or_else(|error| panic!("the head can be asked for: {error}"))
    }

    /// Everything that the filter lets through after a position, read in pages of `limit` up to the head.
    pub(super) async fn feed(
        &self,
        after: Position,
        filter: &FeedFilter,
        limit: usize,
    ) -> Vec<FeedEvent> {
        let mut read = Vec::new();
        let mut at = after;
        loop {
            let page = self
                .store
                .read_feed(at, filter, limit)
                .await
                .unwrap_or_else(|error| panic!("the feed can be read: {error}"));
            assert!(
                page.events.len() <= limit.max(1),
                "a page of the feed holds at most `limit` events"
            );
            let mut last = at;
            for event in &page.events {
                assert!(
                    event.position > last,
                    "the feed is in order and starts after the position asked for: {} came after {last}",
                    event.position
                );
                assert!(
                    filter.matches(&event.event),
                    "the feed delivers only what the filter lets through"
                );
                last = event.position;
            }
            assert!(
                page.next >= last && page.next <= page.head.max(at),
                "`next` ({}) lies between the last event read ({last}) and the head ({})",
                page.next,
                page.head
            );
            read.extend(page.events);
            if page.next >= page.head {
                return read;
            }
            assert!(
                page.next > at,
                "a page that does not reach the head moves the reader on: it stayed at {at}"
            );
            at = page.next;
        }
    }

    pub(super) fn filter(&self) -> FeedFilter {
        FeedFilter::tenant(self.tenant.clone())
    }
}

pub(super) fn stream(name: &str) -> StreamId {
    StreamId::new(name).unwrap_or_else(|error| panic!("{name:?} names a stream: {error}"))
}

pub(super) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_else(|| panic!("{micros} microseconds are a time"))
}

/// Compares event by event, so that a failure names the field and not two pages of text.
pub(super) fn same_events(read: &[RecordedEvent], expected: &[RecordedEvent], promise: &str) {
    for (index, (read, expected)) in read.iter().zip(expected).enumerate() {
        let place = format!(
            "{promise}: event {} in the order read, of stream {:?}",
            index + 1,
            expected.stream
        );
        assert_eq!(read.tenant, expected.tenant, "{place}: its tenant");
        assert_eq!(read.stream, expected.stream, "{place}: its stream");
        assert_eq!(read.version, expected.version, "{place}: its version");
        assert_eq!(read.id, expected.id, "{place}: its id");
        assert_eq!(read.event_type, expected.event_type, "{place}: its type");
        assert_eq!(
            read.schema_version, expected.schema_version,
            "{place}: its schema version"
        );
        assert_eq!(read.format, expected.format, "{place}: its format");
        same_bytes(&read.payload, &expected.payload, &place);
        assert_eq!(read.metadata, expected.metadata, "{place}: its metadata");
        assert_eq!(read.recorded_at, expected.recorded_at, "{place}: its time");
    }
    assert_eq!(
        read.len(),
        expected.len(),
        "{promise}: the number of events"
    );
}

fn same_bytes(read: &[u8], expected: &[u8], place: &str) {
    if read == expected {
        return;
    }
    let at = read
        .iter()
        .zip(expected)
        .position(|(a, b)| a != b)
        .unwrap_or(read.len().min(expected.len()));
    panic!(
        "{place}: its payload is not kept byte for byte: {} bytes came back of {}, they differ at byte {at}",
        read.len(),
        expected.len()
    );
}

pub(super) fn bare(feed: Vec<FeedEvent>) -> Vec<RecordedEvent> {
    feed.into_iter().map(|event| event.event).collect()
}

/// Everything a commit's answer says must be as expected.
pub(super) fn expect_committed(
    answer: Result<Committed, CommitError>,
    commit: &Commit,
    versions: &[u64],
    recognised: bool,
    promise: &str,
) {
    let committed = answer.unwrap_or_else(|error| panic!("{promise}: {error}"));
    assert_eq!(committed.id, commit.id, "{promise}: the answer's commit id");
    assert_eq!(
        committed.recognised, recognised,
        "{promise}: `Committed::recognised`"
    );
    let heads: Vec<_> = committed
        .streams
        .iter()
        .map(|head| (&head.tenant, &head.stream, head.version))
        .collect();
    let expected: Vec<_> = commit
        .appends
        .iter()
        .zip(versions)
        .map(|(append, version)| (&append.tenant, &append.stream, *version))
        .collect();
    assert_eq!(heads, expected, "{promise}: one head per append, in order");
}

pub(super) fn expect_conflict(
    answer: Result<Committed, CommitError>,
    stream: &StreamId,
    expected: ExpectedVersion,
    actual: u64,
) {
    match answer {
        Err(CommitError::Conflict(conflict)) => {
            assert_eq!(conflict.stream, *stream, "a conflict names its stream");
            assert_eq!(
                conflict.expected, expected,
                "a conflict says what the writer expected"
            );
            assert_eq!(
                conflict.actual, actual,
                "a conflict says the version the stream is at (0: it does not exist)"
            );
        }
        Err(error) => panic!("{expected} at version {actual} is a conflict, not: {error}"),
        Ok(_) => panic!("{expected} does not hold at version {actual}, yet the commit was done"),
    }
}

pub(super) fn expect_reused(answer: Result<Committed, CommitError>, id: EventId, promise: &str) {
    match answer {
        Err(CommitError::EventIdReused { id: named, .. }) => {
            assert_eq!(named, id, "{promise}: the error names the id");
        }
        Err(error) => panic!("{promise}: the answer is `EventIdReused`, not: {error}"),
        Ok(_) => panic!("{promise}: the answer is `EventIdReused`, yet the commit was done"),
    }
}

/// The results of all tasks; the first panic of a task goes on in the caller.
pub(super) async fn all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(one(task).await);
    }
    results
}

pub(super) async fn one<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("a task of this rule ended early: {error}"),
        },
    }
}

/// All that a tenant owns, to see whether somebody else's work moved it.
#[derive(Debug, PartialEq)]
pub(super) struct Estate {
    streams: BTreeMap<StreamId, Vec<RecordedEvent>>,
    feed: Vec<FeedEvent>,
}

impl Estate {
    pub(super) async fn of(ground: &Ground) -> Self {
        let mut list = crate::storage::StreamList::new(ground.tenant.clone());
        let mut streams = BTreeMap::new();
        loop {
            let page = ground
                .store
                .list_streams(&list)
                .await
                .unwrap_or_else(|error| panic!("streams can be listed: {error}"));
            for info in &page {
                if info.deleted {
                    continue;
                }
                let events = ground.read(&info.stream).await.unwrap_or_else(|error| {
                    panic!("a listed stream can be read: {error}");
                });
                streams.insert(info.stream.clone(), events);
            }
            if page.len() < list.limit {
                break;
            }
            list.after = page.last().map(|info| info.stream.clone());
        }
        Self {
            streams,
            feed: ground.feed(Position::START, &ground.filter(), 500).await,
        }
    }

    pub(super) fn expect_unmoved(&self, before: &Self, tenant: &TenantId) {
        let promise = format!("tenant {tenant:?} does not notice what another tenant does");
        assert_eq!(
            self.streams.keys().collect::<Vec<_>>(),
            before.streams.keys().collect::<Vec<_>>(),
            "{promise}: its streams"
        );
        for (stream, events) in &self.streams {
            same_events(events, &before.streams[stream], &promise);
        }
        let place = |event: &FeedEvent| (event.position, event.event.id);
        assert_eq!(
            self.feed.iter().map(place).collect::<Vec<_>>(),
            before.feed.iter().map(place).collect::<Vec<_>>(),
            "{promise}: its part of the feed"
        );
        assert!(
            self.feed == before.feed,
            "{promise}: the events in its feed"
        );
    }
}
