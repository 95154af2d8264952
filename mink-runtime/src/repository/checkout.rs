//! Taking an aggregate out of the cache for one dispatch, and giving it back.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::cache::{Place, WhenTaken};
use super::{LoadError, Loaded, Repository};
use crate::aggregate::AggregateHandlers;
use crate::id::{StreamId, TenantId};
use crate::pipeline::DecodeError;
use crate::storage::{Append, Commit, NewEvent, RecordedEvent};

/// An aggregate in the hands of one dispatch. Dereferences to what was loaded.
///
/// **Problem.** A dispatch that loads its aggregate pays a round trip for what the process knew a moment ago; one that
/// trusts its memory may refuse what another process has just made possible. **Mechanism.** The aggregate is taken out
/// of the cache, and an accepted command commits at the version that it was decided on, which the store checks. A
/// decision that commits nothing is [confirmed](Self::confirm) first. **Cost.** One round trip for an accepted command
/// on a cached aggregate. **What the caller must do.** Give it back with [`check_in`](Self::check_in) or
/// [`put_back`](Self::put_back) when its state is beyond doubt; dropped, it is forgotten, and the next dispatch reads
/// the store.
pub struct CheckedOut<'r, A> {
    repository: &'r Repository,
    tenant: TenantId,
    loaded: Box<Loaded<A>>,
    place: Option<Place>,
    fresh: bool,
}

impl<A: AggregateHandlers> CheckedOut<'_, A> {
    /// Whether the state was compared with the store since it was taken out.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether every other dispatch of this process waits for this one.
    #[must_use]
    pub fn is_queued_for(&self) -> bool {
        self.place.is_some()
    }

    /// Compares a state that came out of the cache with the store, and brings it up to date. Tells whether it had
    /// fallen behind, so that what was decided on it must be decided again. Costs nothing for a state that was just
    /// read.
    ///
    /// # Errors
    /// As [`Repository::load`].
    pub async fn confirm(&mut self) -> Result<bool, LoadError> {
        if self.fresh {
            return Ok(false);
        }
        let moved = self.catch_up().await?;
        self.repository.shared.cache.compared(moved);
        Ok(moved)
    }

    /// Reads what came after its version. Tells whether anything did.
    ///
    /// # Errors
    /// As [`Repository::load`].
    pub async fn catch_up(&mut self) -> Result<bool, LoadError> {
        let before = self.loaded.version();
        self.repository
            .catch_up(&self.tenant, &mut self.loaded)
            .await?;
        self.fresh = true;
        Ok(self.loaded.version() != before)
    }

    /// Gives it back as `commit`, which is durable, left it.
    ///
    /// It evolves from the events as they were stored, exactly as a load would, and is forgotten when it cannot.
    pub fn check_in(mut self, commit: Arc<Commit>) {
        if self.place.is_none() && A::SNAPSHOTS.is_none() {
            return;
        }
        let appends = Arc::unwrap_or_clone(commit).appends;
        let stream = self.loaded.stream();
        let Some(append) = appends.into_iter().find(|append| append.stream == *stream) else {
            return;
        };
        // a state that a panic left half-way is dropped with `self`
        match catch_unwind(AssertUnwindSafe(|| self.evolve(append))) {
            Ok(Ok(())) => {
                self.repository
                    .consider_snapshot(&self.tenant, &mut self.loaded);
                self.put_back();
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "an aggregate could not be kept in memory: the next dispatch reads it");
            }
            Err(_) => {
                tracing::error!(
                    stream = %self.loaded.stream(),
                    "a method that evolves from an event panicked behind a commit: the commit holds, and no load can succeed"
                );
            }
        }
    }

    /// Gives it back unchanged.
    pub fn put_back(mut self) {
        if let Some(mut place) = self.place.take()
            && self.loaded.version() > 0
        {
            *place = Some(self.loaded);
        }
    }

    fn evolve(&mut self, append: Append) -> Result<(), DecodeError> {
        let stream = self.loaded.stream().clone();
        for event in append.events {
            let version = self.loaded.version() + 1;
            let event = recorded(event, &self.tenant, &stream, version);
            self.loaded.since.time.get_or_insert(event.recorded_at);
            self.repository.evolve(&mut self.loaded, &event)?;
        }
        Ok(())
    }
}

pub(super) fn recorded(
    event: NewEvent,
    tenant: &TenantId,
    stream: &StreamId,
    version: u64,
) -> RecordedEvent {
    RecordedEvent {
        id: event.id,
        tenant: tenant.clone(),
        stream: stream.clone(),
        version,
        event_type: event.event_type.into(),
        schema_version: event.schema_version,
        format: event.format,
        payload: event.payload,
        metadata: event.metadata,
        recorded_at: event.recorded_at,
    }
}

impl<A> Deref for CheckedOut<'_, A> {
    type Target = Loaded<A>;
    fn deref(&self) -> &Loaded<A> {
        &self.loaded
    }
}

impl Repository {
    /// Takes an aggregate out of the cache for a dispatch, or reads it from the store.
    ///
    /// Other dispatches of this process to the same aggregate queue up behind, first come first served, as `taken` says.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn checkout<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        id: &str,
        taken: WhenTaken,
    ) -> Result<CheckedOut<'_, A>, LoadError> {
        let stream = StreamId::of(A::NAME, id)?;
        let cache = &self.shared.cache;
        let mut place = cache.place::<A>(tenant, &stream, taken).await;
        let cached = cache.take::<A>(place.as_mut());
        let fresh = cached.is_none();
        let loaded = match cached {
            Some(loaded) => loaded,
            None => Box::new(self.load(tenant, id).await?),
        };
        Ok(CheckedOut {
            repository: self,
            tenant: tenant.clone(),
            loaded,
            place,
            fresh,
        })
    }
}
