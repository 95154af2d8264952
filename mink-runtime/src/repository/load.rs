use std::ops::{ControlFlow, Deref};

use backon::{Retryable, RetryableWithContext};

use super::{Repository, UnknownEvents, outcome};
use crate::aggregate::{Aggregate, AggregateHandlers, Events};
use crate::id::{InvalidName, StreamId, TenantId};
use crate::observe::{Operation, load_span, watched};
use crate::pipeline::{DecodeError, DecodeFault};
use crate::storage::{StorageError, StoredEvent, StreamPage, StreamQuery};

/// An aggregate as its events made it. Dereferences to the state.
#[derive(Clone)]
pub struct Loaded<A> {
    state: A,
    stream: StreamId,
    version: u64,
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
        }
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
        Ok(loaded)
    }

    /// Brings a loaded aggregate up to date: reads only what came after its version.
    ///
    /// An aggregate whose next event is no longer in its stream, or whose stream was set back, as by a restored backup,
    /// is loaded anew.
    ///
    /// # Errors
    /// As [`load`](Self::load). The aggregate may have evolved part of the way.
    pub async fn catch_up<'l, A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &'l mut Loaded<A>,
    ) -> Result<(), LoadError> {
        let read_on = |loaded: &'l mut Loaded<A>| async move {
            let outcome = self.read_on(tenant, loaded).await;
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
    ) -> Result<(), LoadError> {
        while !self.follow(tenant, loaded).await? {
            *loaded = Loaded::initial(loaded.stream.clone());
        }
        Ok(())
    }

    /// Evolves an aggregate from what came after its version; `false` when that does not join on.
    async fn follow<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
    ) -> Result<bool, LoadError> {
        let mut query = StreamQuery::new(tenant.clone(), loaded.stream.clone());
        query.from = loaded.version + 1;
        let observer = self.observer();
        if observer.is_unheard() {
            return self.visit(&query, loaded).await;
        }
        let span = load_span(observer.service(), &query);
        let from = loaded.version;
        let joined = watched!(observer, Operation::Load, span, self.visit(&query, loaded));
        let events = loaded.version.saturating_sub(from);
        observer.loaded(usize::try_from(events).unwrap_or(usize::MAX));
        span.record("mink.events.loaded", events);
        span.record("mink.stream.version", loaded.version);
        joined
    }

    async fn visit<A: AggregateHandlers>(
        &self,
        query: &StreamQuery,
        loaded: &mut Loaded<A>,
    ) -> Result<bool, LoadError> {
        let mut evolved = Ok(());
        let mut joins = true;
        let mut visit = |event: StoredEvent<'_>| {
            joins = loaded.version == 0 || event.version == loaded.version + 1;
            if joins {
                evolved = self.evolve(loaded, event);
            }
            if joins && evolved.is_ok() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let read = self.shared.storage.visit_stream(query, &mut visit).await;
        evolved?;
        match read {
            Ok(head) => Ok(joins && head >= loaded.version),
            Err(StorageError::StreamNotFound { .. }) => Ok(loaded.version == 0),
            Err(error) => Err(error.into()),
        }
    }

    /// A page of a stream, `None` when the stream does not exist. Repeated while the store cannot be reached.
    pub(crate) async fn read_page(
        &self,
        query: &StreamQuery,
    ) -> Result<Option<StreamPage>, StorageError> {
        let read = || async { self.shared.storage.read_stream(query).await };
        let page = read
            .retry(outcome::waits(self.shared.options.patience))
            .when(|error| matches!(error, StorageError::Unavailable { .. }))
            .notify(|_, _| self.observer().retried(Operation::Load))
            .await;
        match page {
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
        let known = loaded.state.evolve_stored(event)?
            || self.shared.registry.event(event.event_type).is_some();
        if !known {
            self.unknown::<A>(event)?;
        }
        loaded.version = event.version;
        Ok(())
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
