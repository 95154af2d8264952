use std::vec;

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::{StreamExt, stream};

use super::load::joins;
use super::{LoadError, Loaded, Repository};
use crate::aggregate::AggregateHandlers;
use crate::id::{StreamId, TenantId};
use crate::storage::{RecordedEvent, StreamQuery};

/// Why an aggregate's past could not be shown.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TimeTravelError {
    /// The aggregate has fewer events than the version asked for.
    #[error("`{stream}` is at version {head}: it has not reached version {asked}")]
    BeyondHead {
        /// Which aggregate.
        stream: StreamId,
        /// The version asked for.
        asked: u64,
        /// The version it is at.
        head: u64,
    },
    /// The events that led to the version asked for are no longer in the stream.
    #[error(
        "the history of `{stream}` begins with version {first}, what came before was truncated: version {asked} cannot be shown"
    )]
    BeforeFirst {
        /// Which aggregate.
        stream: StreamId,
        /// The version asked for.
        asked: u64,
        /// The lowest version that is still there.
        first: u64,
    },
    /// At the time asked for nothing had happened to the aggregate yet, or what had was truncated.
    #[error("there is nothing to show of `{stream}` at {asked}: its history begins at {first}")]
    NotYet {
        /// Which aggregate.
        stream: StreamId,
        /// The time asked for.
        asked: DateTime<Utc>,
        /// When the first event that is still there was recorded.
        first: DateTime<Utc>,
    },
    /// The state cannot be written as JSON, which comparing needs.
    #[error("the state of `{stream}` at version {version} cannot be written as JSON: {reason}")]
    NotJson {
        /// Which aggregate.
        stream: StreamId,
        /// The version of the state.
        version: u64,
        /// What is wrong, without any value.
        reason: String,
    },
    /// The aggregate does not exist, or cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// One event of a history and the state that it led to: `&A` as [`History::next`] lends it, or a state of your own.
#[derive(Clone, PartialEq)]
pub struct Step<S> {
    /// The event as it is stored: its name, version, time and metadata.
    pub event: RecordedEvent,
    /// The state after it.
    pub state: S,
}

/// Shows which event it is, and neither payload nor state, which may be personal.
impl<S> std::fmt::Debug for Step<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step")
            .field("stream", &self.event.stream)
            .field("version", &self.event.version)
            .field("event", &self.event.event_type)
            .field("recorded_at", &self.event.recorded_at)
            .finish_non_exhaustive()
    }
}

/// The history of one aggregate: its events, oldest first, each with the state after it.
///
/// Read in pages of [`StreamQuery::PAGE`] events, one round trip each, as it is asked for; one state is in memory,
/// however long the history is. It ends with the last event that the stream has when that page is read.
pub struct History<A> {
    repository: Repository,
    loaded: Loaded<A>,
    next: Option<StreamQuery>,
    page: vec::IntoIter<RecordedEvent>,
    first: u64,
}

impl<A: AggregateHandlers> History<A> {
    /// The next event, and the state after it; `None` at the end.
    ///
    /// **Cancellation.** Dropping the future loses no step.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] when nothing ever happened to the aggregate; a stored event that cannot be read, or the
    /// store's. After an error the history ends.
    #[allow(
        clippy::should_implement_trait,
        reason = "a step lends the state, which an iterator cannot"
    )]
    pub async fn next(&mut self) -> Result<Option<Step<&A>>, LoadError> {
        match self.advance().await {
            Ok(event) => Ok(event.map(|event| Step {
                event,
                state: &*self.loaded,
            })),
            Err(error) => {
                self.end();
                Err(error)
            }
        }
    }

    /// What `make` makes of each step, as a stream. Ends at the first error.
    pub fn map<T: Send + 'static>(
        self,
        make: impl FnMut(Step<&A>) -> T + Send + 'static,
    ) -> impl Stream<Item = Result<T, LoadError>> + Send + 'static {
        stream::try_unfold((self, make), |(mut history, mut make)| async move {
            let made = history.next().await?.map(&mut make);
            Ok(made.map(|made| (made, (history, make))))
        })
        .boxed()
    }

    /// Every step with a copy of the state, as a stream. Ends at the first error.
    pub fn steps(self) -> impl Stream<Item = Result<Step<A>, LoadError>> + Send + 'static
    where
        A: Clone,
    {
        self.map(|step| Step {
            event: step.event,
            state: step.state.clone(),
        })
    }

    /// The aggregate as the steps so far left it.
    #[must_use]
    pub fn current(&self) -> &Loaded<A> {
        &self.loaded
    }

    async fn advance(&mut self) -> Result<Option<RecordedEvent>, LoadError> {
        self.peek().await?;
        let event = self.page.next();
        if let Some(event) = &event {
            self.repository.evolve(&mut self.loaded, event)?;
        }
        Ok(event)
    }

    /// The event that comes next. Reads a page when there is none at hand.
    async fn peek(&mut self) -> Result<Option<&RecordedEvent>, LoadError> {
        while self.page.as_slice().is_empty() {
            let Some(query) = &self.next else {
                return Ok(None);
            };
            let Some(page) = self.repository.read_page(query).await? else {
                return Err(LoadError::NotFound {
                    aggregate: A::NAME,
                    id: self.loaded.stream().id().to_owned(),
                });
            };
            if !joins(&mut self.loaded, &page)? {
                return Err(LoadError::Truncated {
                    stream: self.loaded.stream().clone(),
                    first: page.first,
                });
            }
            self.first = page.first;
            self.next = query.after(&page);
            self.page = page.events.into_iter();
        }
        Ok(self.page.as_slice().first())
    }

    fn end(&mut self) {
        self.next = None;
        self.page = Vec::new().into_iter();
    }

    /// Goes on as long as the events were recorded at or before this time.
    async fn reach_time(&mut self, time: DateTime<Utc>) -> Result<(), TimeTravelError> {
        while let Some(event) = self.peek().await? {
            if event.recorded_at > time {
                let (first, version) = (event.recorded_at, event.version);
                if version > self.first {
                    return Ok(());
                }
                return Err(TimeTravelError::NotYet {
                    stream: self.loaded.stream().clone(),
                    asked: time,
                    first,
                });
            }
            self.advance().await?;
        }
        Ok(())
    }
}

/// Shows which aggregate it is and how far it got, not the state, which may be personal.
impl<A> std::fmt::Debug for History<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History")
            .field("current", &self.loaded)
            .finish_non_exhaustive()
    }
}

impl Repository {
    /// The history of an aggregate, from its first event on.
    ///
    /// # Errors
    /// When the id cannot name a stream.
    pub fn history<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<History<A>, LoadError> {
        let stream = StreamId::of(A::NAME, id)?;
        Ok(History {
            repository: self.clone(),
            next: Some(StreamQuery::new(tenant.clone(), stream.clone())),
            loaded: Loaded::initial(stream),
            page: Vec::new().into_iter(),
            first: 1,
        })
    }

    /// The aggregate as it was at this version; 0 is its initial state.
    ///
    /// # Errors
    /// [`TimeTravelError`]: nothing ever happened to it, it has not got there, or its history no longer goes back that
    /// far.
    pub async fn load_at_version<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        id: &str,
        version: u64,
    ) -> Result<Loaded<A>, TimeTravelError> {
        let stream = StreamId::of(A::NAME, id).map_err(LoadError::from)?;
        let mut loaded = Loaded::initial(stream);
        self.go_to(tenant, &mut loaded, version).await?;
        Ok(loaded)
    }

    /// Goes on to exactly this version.
    pub(super) async fn go_to<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        loaded: &mut Loaded<A>,
        version: u64,
    ) -> Result<(), TimeTravelError> {
        let stream = loaded.stream().clone();
        let head = if version == 0 {
            // the initial state, of a stream that exists and begins there
            let mut first = StreamQuery::new(tenant.clone(), stream.clone());
            first.limit = 1;
            match self.read_page(&first).await.map_err(LoadError::from)? {
                Some(page) => joins(loaded, &page).map(|_| page.version)?,
                None => 0,
            }
        } else {
            self.reach(tenant, loaded, version).await?
        };
        if head == 0 {
            return Err(LoadError::NotFound {
                aggregate: A::NAME,
                id: stream.id().to_owned(),
            }
            .into());
        }
        if head < version {
            return Err(TimeTravelError::BeyondHead {
                stream,
                asked: version,
                head,
            });
        }
        if loaded.version() > version {
            return Err(TimeTravelError::BeforeFirst {
                stream,
                asked: version,
                first: loaded.version() + 1,
            });
        }
        Ok(())
    }

    /// The aggregate as of this time.
    ///
    /// # Errors
    /// [`TimeTravelError`]: nothing ever happened to it, or nothing had by then.
    pub async fn load_at<A: AggregateHandlers>(
        &self,
        tenant: &TenantId,
        id: &str,
        time: DateTime<Utc>,
    ) -> Result<Loaded<A>, TimeTravelError> {
        let mut history = self.history::<A>(tenant, id)?;
        history.reach_time(time).await?;
        Ok(history.loaded)
    }
}
