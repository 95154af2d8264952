mod wishes;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use chrono::SubsecRound;
use futures_util::future::BoxFuture;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::storage::{
    Append, Change, Commit, CommitError, Committed, ConcurrencyConflict, ExpectedVersion,
    FeedFilter, FeedPage, Format, Lifecycle, MemoryStore, RecordedEvent, Storage, StorageError,
    StoredEvent, StreamBounds, StreamChange, StreamInfo, StreamList, StreamPage, StreamQuery,
    Visit, visit_pages,
};

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    HasNone,
    DropsAnEventFromTheFeed,
    SkipsAPosition,
    DeliversTheLastEventAgain,
    LagsByOneEvent,
    IgnoresTheTenantOfAFilter,
    TakesACategoryForAPattern,
    ReordersAStream,
    LosesAnEventInAVisit,
    IgnoresTheTenantOfAStream,
    WritesForTheDefaultTenant,
    LowersTheCaseOfNames,
    IgnoresTheExpectedVersion,
    ChecksVersionsBeforeRecognising,
    DoublesAResubmittedValue,
    FailsABatchWhole,
    CommitsInParts,
    WritesJsonAnew,
    CutsTimesToMilliseconds,
    LosesCustomMetadata,
    InventsMissingStreams,
    StaysOpen,
    SharesNothing,
    IgnoresKeys,
    ChecksVersionsBeforeKeys,
    IgnoresTheTenantOfAKey,
    ReservesForEverybody,
    LetsAnybodyRelease,
    KeepsKeysForEver,
    SweepsNothing,
    TakesAnySnapshot,
    PrefersTheLastSnapshot,
    GivesASnapshotBeyondTheWindow,
    TruncatesWhatItArchives,
    ArchivesWithoutCounting,
    ChangesWhateverTheVersion,
    WritesToDeletedStreams,
    HidesWhatItSkips,
}

/// A store in memory with one fault.
#[derive(Clone)]
pub(crate) struct BrokenStore {
    inner: MemoryStore,
    fault: Fault,
}

/// Where [`Fault::SkipsAPosition`] leaves one out.
const SKIPPED: u64 = 2;

impl BrokenStore {
    pub(crate) fn new(inner: MemoryStore, fault: Fault) -> Self {
        Self { inner, fault }
    }

    pub(crate) fn another_node(&self) -> Self {
        let inner = match self.fault {
            Fault::SharesNothing => MemoryStore::new(),
            _ => self.inner.another_node(),
        };
        Self::new(inner, self.fault)
    }

    /// The commit as the fault has it written.
    fn bent(&self, commit: &Commit) -> Commit {
        let mut commit = commit.clone();
        match (self.fault, &mut commit.idempotency) {
            (Fault::IgnoresKeys, key) if !commit.appends.is_empty() => *key = None,
            (Fault::IgnoresTheTenantOfAKey, Some(key)) => key.tenant = TenantId::default(),
            (Fault::KeepsKeysForEver, Some(key)) => key.keep_for = Duration::MAX,
            _ => {}
        }
        for append in &mut commit.appends {
            match self.fault {
                Fault::WritesForTheDefaultTenant => append.tenant = TenantId::default(),
                Fault::LowersTheCaseOfNames => {
                    append.stream = StreamId::new(append.stream.as_str().to_lowercase()).unwrap();
                }
                Fault::IgnoresTheExpectedVersion => append.expected = ExpectedVersion::Any,
                _ => {}
            }
            for event in &mut append.events {
                match self.fault {
                    Fault::WritesJsonAnew if event.format == Format::Json => {
                        if let Ok(value) =
                            serde_json::from_slice::<serde_json::Value>(&event.payload)
                        {
                            event.payload = value.to_string().into();
                        }
                    }
                    Fault::CutsTimesToMilliseconds => {
                        event.recorded_at = event.recorded_at.trunc_subsecs(3);
                    }
                    Fault::LosesCustomMetadata => event.metadata.custom.clear(),
                    _ => {}
                }
            }
        }
        commit
    }

    async fn commit_one(&self, commit: &Commit) -> Result<Committed, CommitError> {
        let bent = Arc::new(self.bent(commit));
        match self.fault {
            Fault::ChecksVersionsBeforeKeys if bent.idempotency.is_some() => {
                for append in &bent.appends {
                    let known = self.inner.event(&append.tenant, append.events[0].id).await;
                    if known.is_ok_and(|event| event.is_none()) {
                        self.expect_version(append).await?;
                    }
                }
            }
            Fault::WritesToDeletedStreams => {
                for append in &bent.appends {
                    let undelete = StreamChange {
                        tenant: append.tenant.clone(),
                        stream: append.stream.clone(),
                        expected: ExpectedVersion::Any,
                        change: Change::Undelete,
                    };
                    self.inner.change_stream(&undelete).await.ok();
                }
            }
            Fault::ChecksVersionsBeforeRecognising => {
                for append in &bent.appends {
                    self.expect_version(append).await?;
                }
            }
            Fault::CommitsInParts => return self.commit_in_parts(&bent).await,
            _ => {}
        }
        let answer = self.submit(&bent).await;
        match answer {
            Ok(done) if done.recognised && self.fault == Fault::DoublesAResubmittedValue => {
                let mut again = (*bent).clone();
                for append in &mut again.appends {
                    append.expected = ExpectedVersion::Any;
                    for event in &mut append.events {
                        event.id = EventId::new();
                    }
                }
                self.submit(&Arc::new(again)).await
            }
            answer => answer,
        }
    }

    async fn submit(&self, commit: &Arc<Commit>) -> Result<Committed, CommitError> {
        self.inner
            .commit(std::slice::from_ref(commit))
            .await
            .remove(0)
    }

    async fn expect_version(&self, append: &Append) -> Result<(), CommitError> {
        let info = self.inner.stream_info(&append.tenant, &append.stream).await;
        let actual = info.ok().flatten().map_or(0, |info| info.version);
        if append.expected.holds_at(actual) {
            return Ok(());
        }
        Err(CommitError::Conflict(ConcurrencyConflict {
            stream: append.stream.clone(),
            expected: append.expected,
            actual,
        }))
    }

    /// Event by event, with a pause behind each.
    async fn commit_in_parts(&self, commit: &Commit) -> Result<Committed, CommitError> {
        let mut streams = Vec::new();
        let mut recognised = true;
        for append in &commit.appends {
            let mut part = append.clone();
            for event in &append.events {
                part.events = vec![event.clone()];
                let done = self
                    .submit(&Arc::new(Commit::new(vec![part.clone()])))
                    .await?;
                recognised &= done.recognised;
                part.expected = ExpectedVersion::Any;
                streams.retain(|head: &mink_runtime::storage::StreamHead| {
                    (&head.tenant, &head.stream) != (&append.tenant, &append.stream)
                });
                streams.extend(done.streams);
                tokio::task::yield_now().await;
            }
        }
        Ok(Committed {
            id: commit.id,
            streams,
            recognised,
        })
    }

    /// The query as the fault has it read.
    fn bent_query(&self, query: &StreamQuery) -> StreamQuery {
        let mut query = query.clone();
        match self.fault {
            Fault::IgnoresTheTenantOfAStream => query.tenant = TenantId::default(),
            Fault::LowersTheCaseOfNames => {
                query.stream = StreamId::new(query.stream.as_str().to_lowercase()).unwrap();
            }
            _ => {}
        }
        query
    }

    fn shifted(&self, position: Position) -> Position {
        match self.fault {
            Fault::SkipsAPosition if position.0 >= SKIPPED => Position(position.0 + 1),
            Fault::LagsByOneEvent => Position(position.0.saturating_sub(1)),
            _ => position,
        }
    }
}

impl Storage for BrokenStore {
    fn name(&self) -> &str {
        "broken"
    }

    fn lanes(&self) -> usize {
        1
    }

    fn commit<'a>(
        &'a self,
        batch: &'a [Arc<Commit>],
    ) -> BoxFuture<'a, Vec<Result<Committed, CommitError>>> {
        Box::pin(async move {
            let mut answers = Vec::new();
            for commit in batch {
                answers.push(self.commit_one(commit).await);
            }
            if self.fault == Fault::FailsABatchWhole
                && let Some(error) = answers.iter().find_map(|answer| answer.clone().err())
            {
                return vec![Err(error); batch.len()];
            }
            answers
        })
    }

    fn read_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
    ) -> BoxFuture<'a, Result<StreamPage, StorageError>> {
        Box::pin(async move {
            let query = self.bent_query(query);
            let mut page = match self.inner.read_stream(&query).await {
                Err(StorageError::StreamNotFound { .. })
                    if self.fault == Fault::InventsMissingStreams =>
                {
                    StreamPage {
                        version: 0,
                        first: 1,
                        archived: false,
                        events: Vec::new(),
                    }
                }
                page => page?,
            };
            if self.fault == Fault::ReordersAStream && page.events.len() > 1 {
                page.events.swap(0, 1);
            }
            Ok(page)
        })
    }

    fn visit_stream<'a>(
        &'a self,
        query: &'a StreamQuery,
        visit: &'a mut Visit<'_>,
    ) -> BoxFuture<'a, Result<StreamBounds, StorageError>> {
        Box::pin(async move {
            let lossy = self.fault == Fault::LosesAnEventInAVisit;
            let mut visit = |event: StoredEvent<'_>| match event.version {
                65 if lossy => ControlFlow::Continue(()),
                _ => visit(event),
            };
            visit_pages(self, query, &mut visit).await
        })
    }

    fn read_streams<'a>(
        &'a self,
        queries: &'a [StreamQuery],
    ) -> BoxFuture<'a, Result<Vec<Option<StreamPage>>, StorageError>> {
        self.inner.read_streams(queries)
    }

    fn read_feed<'a>(
        &'a self,
        after: Position,
        filter: &'a FeedFilter,
        limit: usize,
    ) -> BoxFuture<'a, Result<FeedPage, StorageError>> {
        Box::pin(async move {
            let mut filter = filter.clone();
            let mut after = after;
            let categories = filter.categories.clone();
            match self.fault {
                Fault::IgnoresTheTenantOfAFilter => filter.tenant = None,
                Fault::TakesACategoryForAPattern => filter.categories.clear(),
                Fault::DeliversTheLastEventAgain => after.0 = after.0.saturating_sub(1),
                Fault::SkipsAPosition if after.0 > SKIPPED => after.0 -= 1,
                _ => {}
            }
            let mut page = self.inner.read_feed(after, &filter, limit).await?;
            let behind = Position(page.head.0.saturating_sub(1));
            page.events.retain(|event| match self.fault {
                Fault::DropsAnEventFromTheFeed => event.event.version != 2,
                Fault::LagsByOneEvent => event.position <= behind,
                Fault::TakesACategoryForAPattern => {
                    let name = event.event.stream.category();
                    categories.is_empty() || categories.iter().any(|c| like(c.as_str(), name))
                }
                _ => true,
            });
            for event in &mut page.events {
                if self.fault == Fault::SkipsAPosition {
                    event.position = self.shifted(event.position);
                }
            }
            if self.fault == Fault::HidesWhatItSkips {
                page.skipped = 0;
            }
            page.head = self.shifted(page.head);
            page.next = match self.fault {
                Fault::LagsByOneEvent => page.next.min(page.head).max(after),
                _ => self.shifted(page.next),
            };
            Ok(page)
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StorageError>> {
        Box::pin(async move { Ok(self.shifted(self.inner.head().await?)) })
    }

    fn event<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<RecordedEvent>, StorageError>> {
        self.inner.event(tenant, id)
    }

    fn position_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: EventId,
    ) -> BoxFuture<'a, Result<Option<Position>, StorageError>> {
        Box::pin(async move {
            let position = self.inner.position_of(tenant, id).await?;
            Ok(position.map(|position| self.shifted(position)))
        })
    }

    fn stream_info<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Option<StreamInfo>, StorageError>> {
        self.inner.stream_info(tenant, stream)
    }

    fn list_streams<'a>(
        &'a self,
        query: &'a StreamList,
    ) -> BoxFuture<'a, Result<Vec<StreamInfo>, StorageError>> {
        self.inner.list_streams(query)
    }

    fn feed_moved(&self) -> BoxFuture<'static, ()> {
        self.inner.feed_moved()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        if self.fault == Fault::StaysOpen {
            return Box::pin(async {});
        }
        self.inner.close()
    }
}

/// SQL's `LIKE` with `_` alone.
fn like(pattern: &str, text: &str) -> bool {
    pattern.chars().count() == text.chars().count()
        && pattern
            .chars()
            .zip(text.chars())
            .all(|(pattern, found)| pattern == '_' || pattern == found)
}
