//! One event in place of many.

use backon::Retryable;

use super::{ChangeError, StreamLifecycle};
use crate::aggregate::{AggregateHandlers, AnyEvent, Applies, Events};
use crate::app::{Batch, BatchError};
use crate::archive::Archive;
use crate::event::Event;
use crate::repository::{Loaded, summary, waits};
use crate::storage::{CommitError, ExpectedVersion, LifecycleError, StreamChanged};

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
    pub async fn compact<E>(&self, summary: impl Fn(&A) -> E) -> Result<StreamChanged, ChangeError>
    where
        A: Applies<E> + PartialEq,
        E: Event,
    {
        let version = self.summarize(summary).await?;
        self.whatever_came_since().truncate_before(version).await
    }

    /// As [`compact`](Self::compact), except that what is before the summary is moved into an archive. The aggregate can
    /// be loaded, and its whole history [restored](Self::restore).
    ///
    /// # Errors
    /// As [`compact`](Self::compact) and [`archive_before`](Self::archive_before).
    pub async fn compact_into<E>(
        &self,
        archive: &dyn Archive,
        summary: impl Fn(&A) -> E,
    ) -> Result<StreamChanged, ChangeError>
    where
        A: Applies<E> + PartialEq,
        E: Event,
    {
        let version = self.summarize(summary).await?;
        let rest = self.whatever_came_since();
        rest.archive_before(version, archive).await
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
        A: Applies<E> + PartialEq,
        E: Event,
    {
        (async || self.try_to_summarize(&summary).await)
            .retry(waits(self.app.repository().patience()))
            .when(|error| self.is_to_be_repeated(error))
            .await
    }

    async fn try_to_summarize<E>(&self, make: impl Fn(&A) -> E) -> Result<u64, ChangeError>
    where
        A: Applies<E> + PartialEq,
        E: Event,
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
        events.push_any(AnyEvent::of(make(&loaded)));
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
