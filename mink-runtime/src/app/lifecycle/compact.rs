//! One event in place of many.

use backon::Retryable;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{ChangeError, StreamLifecycle};
use crate::aggregate::{AggregateHandlers, AnyEvent, Applies, Events};
use crate::app::{Batch, BatchError};
use crate::archive::Archive;
use crate::event::Event;
use crate::repository::{Loaded, summary, waits};
use crate::storage::{CommitError, ExpectedVersion, LifecycleError, StreamChanged};

/// An event that an aggregate can be [compacted](StreamLifecycle::compact) to: every one that it evolves from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot sum up the aggregate `{A}`",
    label = "`{A}` does not evolve from `{Self}`",
    note = "a summary is an event of the aggregate: add `fn name(&mut self, event: &{Self})`, which sets every field of the state, to the `#[handlers] impl {A}` block, and `#[event]` to `{Self}` when it has none"
)]
pub trait SummaryOf<A>: Event {
    /// The event as one of the aggregate's.
    fn into_any(self) -> AnyEvent<A>;
}

// not `A: Applies<E>` where it is asked for: of an aggregate with one event the compiler takes that for what is meant
#[diagnostic::do_not_recommend]
impl<A: Applies<E>, E: Event> SummaryOf<A> for E {
    fn into_any(self) -> AnyEvent<A> {
        AnyEvent::of(self)
    }
}

impl<A: AggregateHandlers> StreamLifecycle<A> {
    /// Replaces the events of the aggregate by one that says the same: `summary` makes it from the state, it is appended
    /// behind the others, and those are then removed **for good**. The answer's `first` is the version of the summary.
    ///
    /// Before it is appended, the summary is written, read back and tried: the method that evolves from it must make a
    /// state that equals the aggregate's, from nothing and also from the aggregate as it is now. So what the state holds
    /// and `PartialEq` compares cannot get lost.
    ///
    /// An aggregate that ends with such a summary already, of the same type, gets no second one: what is before it is
    /// removed. So the same call again finishes one that was cut off in the middle.
    ///
    /// The summary is an event like any other: it is in the feed, and readers of the feed meet it. In its metadata,
    /// `mink.summary_of` tells how many events it stands for; a load relies on that, so it is no key for metadata of
    /// your own.
    ///
    /// # Errors
    /// [`ChangeError::NotASummary`] and nothing has changed; [`ChangeError`].
    // a future that does not name `A`: a summary that cannot be one is one error, and not one for each use of the future
    pub fn compact<'a, E>(
        &'a self,
        summary: impl Fn(&A) -> E + Send + Sync + 'a,
    ) -> BoxFuture<'a, Result<StreamChanged, ChangeError>>
    where
        A: PartialEq,
        E: SummaryOf<A>,
    {
        async move {
            let version = self.summarize(summary).await?;
            self.whatever_came_since().truncate_before(version).await
        }
        .boxed()
    }

    /// As [`compact`](Self::compact), except that what is before the summary is moved into an archive. The aggregate can
    /// be loaded, and its whole history [restored](Self::restore).
    ///
    /// # Errors
    /// As [`compact`](Self::compact) and [`archive_before`](Self::archive_before).
    pub fn compact_into<'a, E>(
        &'a self,
        archive: &'a dyn Archive,
        summary: impl Fn(&A) -> E + Send + Sync + 'a,
    ) -> BoxFuture<'a, Result<StreamChanged, ChangeError>>
    where
        A: PartialEq,
        E: SummaryOf<A>,
    {
        async move {
            let version = self.summarize(summary).await?;
            let rest = self.whatever_came_since();
            rest.archive_before(version, archive).await
        }
        .boxed()
    }

    /// The version of the summary is known, and what is appended behind it does not matter.
    fn whatever_came_since(&self) -> Self {
        Self {
            expected: None,
            ..self.clone()
        }
    }

    /// Appends a summary unless the aggregate ends with one; gives its version.
    async fn summarize<E>(&self, summary: impl Fn(&A) -> E) -> Result<u64, ChangeError>
    where
        A: PartialEq,
        E: SummaryOf<A>,
    {
        (async || self.try_to_summarize(&summary).await)
            .retry(waits(self.app.repository().patience()))
            .when(|error| self.is_to_be_repeated(error))
            .await
    }

    async fn try_to_summarize<E>(&self, make: impl Fn(&A) -> E) -> Result<u64, ChangeError>
    where
        A: PartialEq,
        E: SummaryOf<A>,
    {
        let (app, stream) = (&self.app, &self.stream);
        let repository = app.repository();
        let loaded: Loaded<A> = repository.load(&app.tenant, stream.id()).await?;
        let version = loaded.version();
        if version == 0 {
            return Err(ChangeError::NotFound {
                aggregate: A::NAME,
                id: stream.id().to_owned(),
            });
        }
        let is_done = repository
            .is_summarized_by(&app.tenant, stream, version, E::NAME)
            .await?;
        match self.expected {
            Some(expected) if expected != version && !(is_done && expected + 1 == version) => {
                return Err(self.conflict(expected, version));
            }
            _ if is_done => return Ok(version),
            _ => {}
        }
        let mut events = Events::<A>::new();
        events.push_any(make(&loaded).into_any());
        let mut metadata = app.traced();
        summary::mark(&mut metadata, version);
        let mut batch = Batch::new(
            repository.clone(),
            app.tenant.clone(),
            metadata,
            app.shared.clock.now(),
        );
        batch.push(stream.clone(), ExpectedVersion::Exact(version), &events)?;
        let commit = batch.into_value();
        let stands = match commit.events().next() {
            Some(event) => repository.stands_for(&app.tenant, loaded, event)?,
            None => false,
        };
        if !stands {
            return Err(ChangeError::NotASummary {
                stream: stream.clone(),
                version,
                event_type: E::NAME,
            });
        }
        match repository.commit(commit).await {
            Ok(_) => Ok(version + 1),
            Err(CommitError::Conflict(conflict)) => Err(LifecycleError::Conflict(conflict).into()),
            Err(error) => Err(BatchError::from(error).into()),
        }
    }
}
