use std::ops::{ControlFlow, Deref};

use backon::{Retryable, RetryableWithContext};

use super::snapshots::SinceSnapshot;
use super::{Repository, UnknownEvents, outcome, summary};
use crate::aggregate::{Aggregate, AggregateHandlers, AnyEvent, Events, SnapshotPolicy};
use crate::id::{InvalidName, StreamId, TenantId};
use crate::observe::{Operation, load_span, watched};
use crate::pipeline::{DecodeError, DecodeFault};
use crate::storage::{
    RecordedEvent, SnapshotPage, StorageError, StoredEvent, StreamBounds, StreamPage, StreamQuery,
};

/// How often a stream whose events do not join on is read from its start: somebody may remove some in between.
const ATTEMPTS: usize = 5;

/// An aggregate as its events made it. Dereferences to the state.
#[derive(Clone)]
pub struct Loaded<A> {
    state: A,
    stream: StreamId,
    version: u64,
    pub(super) since: SinceSnapshot,
}

impl<A> Loaded<A> {
    /// An aggregate that nothing happened to.
    pub(super) fn initial(stream: StreamId) -> Self
    where
        A: Default,
    {
        Self {
            state: A::default(),
            stream,
            version: 0,
            since: SinceSnapshot::default(),
        }
    }

    /// Begins with this state.
    pub(super) fn begin(&mut self, state: A, version: u64, since: SinceSnapshot) {
        self.state = state;
        self.version = version;
        self.since = since;
    }

    /// The number of its events; 0 when it does not exist yet.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The stream that its events are in.
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Evolves the state from events that are not stored yet.
    pub(crate) fn evolve(&mut self, events: &Events<A>)
    where
        A: Aggregate,
    {
        events.apply_to(&mut self.state);
        self.version += events.len() as u64;
    }

    /// The state alone.
    pub fn into_state(self) -> A {
        self.state
    }
}

/// Shows which aggregate it is, not its state, which may be personal.
impl<A> std::fmt::Debug for Loaded<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("stream", &self.stream)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl<A> Deref for Loaded<A> {
    type Target = A;
    fn deref(&self) -> &A {
        &self.state
    }
}

/// Why an aggregate could not be loaded.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Nothing ever happened to it.
    #[error("there is no {aggregate} `{id}`")]
    NotFound {
        /// The aggregate's name.
        aggregate: &'static str,
        /// The id asked for.
        id: String,
    },
    /// Its first events are in the archive, and neither a snapshot nor a summary covers them.
    #[error(
        "the events of `{stream}` before version {first} are archived, and neither a snapshot nor a summary tells what they led to: restore them with `app.lifecycle::<A>(id)?.restore(&archive)`"
    )]
    Archived {
        /// Which aggregate.
        stream: StreamId,
        /// The lowest version that is still in the store.
        first: u64,
    },
    /// Events were taken out of the stream while a history of it was read.
    #[error(
        "`{stream}` was truncated to version {first} while its history was read: read it again"
    )]
    Truncated {
        /// Which aggregate.
        stream: StreamId,
        /// The lowest version that is still in the store.
        first: u64,
    },
    /// The id cannot name a stream.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// A stored event cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Whether a page goes on where the aggregate is. One at version 0 begins behind what was truncated, or at a summary.
///
/// # Errors
/// [`LoadError::Archived`] when what comes first is elsewhere.
pub(super) fn joins<A>(loaded: &mut Loaded<A>, page: &StreamPage) -> Result<bool, LoadError> {
    if loaded.version == 0 {
        let first = page
            .events
            .first()
            .filter(|event| event.version == page.first);
        let is_needed = page.archived && !first.is_some_and(summary::is_summary);
        begin_at(loaded, page.first, is_needed)?;
    }
    Ok(page.first <= loaded.version + 1)
}

/// An aggregate at version 0 begins with the first event that is left.
fn begin_at<A>(loaded: &mut Loaded<A>, first: u64, archived: bool) -> Result<(), LoadError> {
    if first > 1 && archived {
        return Err(LoadError::Archived {
            stream: loaded.stream.clone(),
            first,
        });
    }
    loaded.version = first.saturating_sub(1);
    loaded.since.version = loaded.version;
    Ok(())
}

impl Repository {
    /// The aggregate with this id, in its initial state at version 0 when nothing ever happened to it.
    ///
    /// One round trip for each [`StreamQuery::PAGE`] events. While the store cannot be reached the read is repeated,
    /// for as long as [`patience`](super::RepositoryOptions::patience) says.
    ///
    /// # Errors
    /// [`LoadError`]; [`DecodeFault::UnknownType`] when the stream holds an event that no linked crate declares,
    /// unless unknown events are skipped.
    pub async fn load<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Loaded<A>, LoadError> {
        let stream = StreamId::of(A::NAME, id)?;
        let mut loaded = Loaded::initial(stream);
        self.catch_up(tenant, &mut loaded).await?;
        self.consider_snapshot(tenant, &mut loaded);
        Ok(loaded)
    }

    /// Brings a loaded aggregate up to date: reads only what came after its version.
    ///
    /// An aggregate whose next event is no longer in its stream, or whose stream was set back, as by a restored backup,
    /// is loaded anew.
    ///
    /// # Errors
    /// As [`load`](Self::load). The aggregate may have evolved part of the way.
    pub async fn catch_up<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
    ) -> Result<(), LoadError> {
        self.reach(tenant, loaded, u64::MAX).await.map(drop)
    }

    /// Goes on to this version, or to the end; gives the version of the stream, 0 when it does not exist.
    pub(super) async fn reach<'l, A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &'l mut Loaded<A>,
        version: u64,
    ) -> Result<u64, LoadError> {
        let read_on = |loaded: &'l mut Loaded<A>| async move {
            let outcome = self.read_on(tenant, loaded, version).await;
            (loaded, outcome)
        };
        let (_, outcome) = read_on
            .retry(outcome::waits(self.shared.options.patience))
            .context(loaded)
            .when(|error| matches!(error, LoadError::Storage(StorageError::Unavailable { .. })))
            .notify(|_, _| self.observer().retried(Operation::Load))
            .await;
        outcome
    }

    /// Evolves from the events after the aggregate's version. After an error it stands where it came to.
    async fn read_on<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
        to: u64,
    ) -> Result<u64, LoadError> {
        for _ in 0..ATTEMPTS {
            if let Some(head) = self.follow(tenant, loaded, to).await? {
                return Ok(head);
            }
            if loaded.version > 0 {
                *loaded = Loaded::initial(loaded.stream.clone());
            }
            self.begin_behind_removed(tenant, loaded).await?;
        }
        Err(StorageError::Corrupt {
            what: format!(
                "the events of stream `{}` do not follow each other",
                loaded.stream
            ),
        }
        .into())
    }

    /// Evolves an aggregate from what came after its version, and gives the version of the stream; `None` when that
    /// does not join on.
    async fn follow<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
        to: u64,
    ) -> Result<Option<u64>, LoadError> {
        let mut query = StreamQuery::new(tenant.clone(), loaded.stream.clone());
        query.from = loaded.version + 1;
        query.to = to;
        let observer = self.observer();
        if observer.is_unheard() {
            return self.visit(query, loaded).await;
        }
        let span = load_span(observer.service(), &query);
        let mut from = loaded.version;
        let joined = watched!(observer, Operation::Load, span, self.visit(query, loaded));
        if from == 0 {
            from = loaded.since.version;
        }
        let events = loaded.version.saturating_sub(from);
        observer.loaded(usize::try_from(events).unwrap_or(usize::MAX));
        span.record("mink.events.loaded", events);
        span.record("mink.stream.version", loaded.version);
        joined
    }

    async fn visit<A: AggregateHandlers>(
        &self,
        mut query: StreamQuery,
        loaded: &mut Loaded<A>,
    ) -> Result<Option<u64>, LoadError> {
        let to = query.to;
        if loaded.version == 0
            && let Some(policy) = A::SNAPSHOTS
        {
            let page = match self.first_page(&query, loaded, &policy).await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(Some(0)),
                Err(error) => return Err(error.into()),
            };
            joins(loaded, &page)?;
            for event in &page.events {
                if event.version != loaded.version + 1 {
                    return Ok(None);
                }
                loaded.since.time.get_or_insert(event.recorded_at);
                self.evolve(loaded, event)?;
            }
            match query.after(&page) {
                Some(next) => query = next,
                None => return Ok(Some(page.version)),
            }
        }
        let mut evolved = Ok(());
        let mut joins = true;
        let mut begins = None;
        let mut visit = |event: StoredEvent<'_>| {
            if loaded.version == 0 && event.version > 1 {
                // what came before is truncated: a visit shows nothing behind what is archived or lost
                begins = Some(event.version);
                loaded.version = event.version - 1;
                loaded.since.version = loaded.version;
            }
            joins = event.version == loaded.version + 1;
            if joins {
                evolved = self.evolve(loaded, event);
            }
            if joins && evolved.is_ok() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let read = self.shared.storage.visit_stream(&query, &mut visit).await;
        evolved?;
        match read {
            Ok(StreamBounds {
                version: head,
                first,
                archived,
            }) => {
                if loaded.version == 0 {
                    // whether a summary stands for what is archived takes another look
                    if archived {
                        return Ok(None);
                    }
                    begin_at(loaded, first, false)?;
                }
                let joins = joins && begins.is_none_or(|begins| begins <= first);
                let whole = joins && loaded.version >= head.min(to) && loaded.version <= head;
                Ok(whole.then_some(head))
            }
            Err(StorageError::StreamNotFound { .. }) => Ok((loaded.version == 0).then_some(0)),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the store, again and again while it cannot be reached, for as long as
    /// [`patience`](super::RepositoryOptions::patience) says.
    pub(crate) async fn patiently<T, F>(&self, ask: impl FnMut() -> F) -> Result<T, StorageError>
    where
        F: Future<Output = Result<T, StorageError>>,
    {
        ask.retry(outcome::waits(self.shared.options.patience))
            .when(|error| matches!(error, StorageError::Unavailable { .. }))
            .notify(|_, _| self.observer().retried(Operation::Load))
            .await
    }

    /// The first page behind the aggregate's snapshot, which it begins from, or behind nothing.
    async fn first_page<A: AggregateHandlers>(
        &self,
        query: &StreamQuery,
        loaded: &mut Loaded<A>,
        policy: &SnapshotPolicy<A>,
    ) -> Result<Option<StreamPage>, StorageError> {
        let fingerprint = self.shared.snapshots.fingerprint(policy);
        let storage = &self.shared.storage;
        match storage.read_from_snapshot(query, &fingerprint).await {
            Ok(SnapshotPage { snapshot, page }) => {
                let Some(snapshot) = snapshot else {
                    return Ok(Some(page));
                };
                if self.begin_from(loaded, policy, &snapshot).await {
                    Ok(Some(page))
                } else {
                    self.read_page(query).await
                }
            }
            Err(StorageError::StreamNotFound { .. }) => Ok(None),
            // a store without snapshots has the events
            Err(StorageError::Unsupported { .. }) => self.read_page(query).await,
            Err(error) => Err(error),
        }
    }

    /// Begins an aggregate behind the events that are gone for good.
    async fn begin_behind_removed<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
    ) -> Result<(), LoadError> {
        let stream = loaded.stream.clone();
        match self.shared.storage.stream_info(tenant, &stream).await? {
            Some(info) => {
                let is_needed =
                    info.archived && !self.is_summary_at(tenant, &stream, info.first).await?;
                begin_at(loaded, info.first, is_needed)
            }
            None => Ok(()),
        }
    }

    /// A page of a stream, `None` when the stream does not exist. Repeated while the store cannot be reached.
    pub(crate) async fn read_page(
        &self,
        query: &StreamQuery,
    ) -> Result<Option<StreamPage>, StorageError> {
        match self
            .patiently(|| self.shared.storage.read_stream(query))
            .await
        {
            Ok(page) => {
                self.observer().loaded(page.events.len());
                Ok(Some(page))
            }
            Err(StorageError::StreamNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Evolves an aggregate from the next event of its stream.
    pub(super) fn evolve<'e, A: AggregateHandlers>(
        &self,
        loaded: &mut Loaded<A>,
        event: impl Into<StoredEvent<'e>>,
    ) -> Result<(), DecodeError> {
        let event = event.into();
        let registry = &self.shared.registry;
        let known = loaded.state.evolve_stored(event, registry.formats())?
            || registry.event(event.event_type).is_some();
        if !known {
            self.unknown::<A>(event)?;
        }
        loaded.version = event.version;
        loaded.since.bytes += event.payload.len() as u64;
        Ok(())
    }

    /// A stored event as one of the aggregate's.
    pub(crate) fn read_as<A: AggregateHandlers>(
        &self,
        event: &RecordedEvent,
    ) -> Result<AnyEvent<A>, DecodeError> {
        match A::EVOLVERS
            .iter()
            .find(|evolver| *evolver.name == *event.event_type)
        {
            Some(evolver) => (evolver.read)(event.into(), self.shared.registry.formats()),
            None => Err(DecodeError::of(event, DecodeFault::UnknownType)),
        }
    }

    fn unknown<A: Aggregate>(&self, event: StoredEvent<'_>) -> Result<(), DecodeError> {
        match self.shared.options.unknown_events {
            UnknownEvents::Refuse => Err(DecodeError::of(event, DecodeFault::UnknownType)),
            UnknownEvents::Skip => {
                if self.first_time_skipped(event.event_type, event.schema_version) {
                    tracing::warn!(
                        stream = %event.stream,
                        event_type = %event.event_type,
                        schema_version = event.schema_version,
                        aggregate = A::NAME,
                        "skipping events of a type that no linked crate declares"
                    );
                }
                Ok(())
            }
        }
    }
}
