use std::ops::Deref;

use backon::Retryable;

use super::{Repository, UnknownEvents, outcome};
use crate::aggregate::{Aggregate, AggregateHandlers, Events};
use crate::id::{InvalidName, StreamId, TenantId};
use crate::pipeline::{DecodeError, DecodeFault};
use crate::storage::{RecordedEvent, StorageError, StreamPage, StreamQuery};

/// An aggregate as its events made it. Dereferences to the state.
#[derive(Clone)]
pub struct Loaded<A> {
    state: A,
    stream: StreamId,
    version: u64,
}

impl<A> Loaded<A> {
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
        let mut loaded = Loaded {
            state: A::default(),
            stream,
            version: 0,
        };
        self.catch_up(tenant, &mut loaded).await?;
        Ok(loaded)
    }

    /// Brings a loaded aggregate up to date: reads only what came after its version.
    ///
    /// # Errors
    /// As [`load`](Self::load). The aggregate may have evolved part of the way.
    pub async fn catch_up<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
    ) -> Result<(), LoadError> {
        let mut query = StreamQuery::new(tenant.clone(), loaded.stream.clone());
        query.from = loaded.version + 1;
        let mut next = Some(query);
        while let Some(query) = next {
            let Some(page) = self.read_page(&query).await? else {
                return Ok(());
            };
            for event in &page.events {
                self.evolve(&mut loaded.state, event)?;
                loaded.version = event.version;
            }
            next = query.after(&page);
        }
        Ok(())
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
            .await;
        match page {
            Ok(page) => Ok(Some(page)),
            Err(StorageError::StreamNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn evolve<A: AggregateHandlers>(
        &self,
        state: &mut A,
        event: &RecordedEvent,
    ) -> Result<(), DecodeError> {
        let registry = &self.shared.registry;
        if state.evolve_stored(event, registry.formats())?
            || registry.event(&event.event_type).is_some()
        {
            return Ok(());
        }
        match self.shared.options.unknown_events {
            UnknownEvents::Refuse => Err(DecodeError::of(event, DecodeFault::UnknownType)),
            UnknownEvents::Skip => {
                if self.first_time_skipped(&event.event_type, event.schema_version) {
                    tracing::warn!(
                        stream = %event.stream,
                        event_type = %event.event_type,
                        schema_version = event.schema_version,
                        aggregate = <A as Aggregate>::NAME,
                        "skipping events of a type that no linked crate declares"
                    );
                }
                Ok(())
            }
        }
    }
}
