use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Then;
use crate::aggregate::{AggregateHandlers, Events, Handles, IntoEvents, Refusal};
use crate::command::{CommandContext, Routed, Services};
use crate::event::codec::Formats;
use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline;
use crate::storage::RecordedEvent;

/// Starts a given/when/then test. Every aggregate has it.
pub trait Fixture: AggregateHandlers {
    /// The aggregate after these events; `given(())` is one that nothing ever happened to.
    ///
    /// The events travel through their stored form, so an event that cannot be read back fails here.
    #[track_caller]
    fn given(events: impl IntoEvents<Self>) -> Given<Self> {
        Given::new(Events::from_all(events))
    }
}

impl<A: AggregateHandlers> Fixture for A {}

/// An aggregate with a past.
pub struct Given<A> {
    pub(super) state: A,
    pub(super) version: u64,
    pub(super) services: Services,
    pub(super) now: DateTime<Utc>,
    pub(super) metadata: Metadata,
}

impl<A: AggregateHandlers> Given<A> {
    #[track_caller]
    fn new(events: Events<A>) -> Self {
        let mut given = Self {
            state: A::default(),
            version: 0,
            services: Services::new(),
            now: DateTime::UNIX_EPOCH,
            metadata: Metadata::default(),
        };
        given.evolve(&events);
        given
    }

    #[track_caller]
    pub(super) fn evolve(&mut self, events: &Events<A>) {
        // a codec that only the opened application knows is not known here
        let formats = Formats::linked().clone().or_json();
        for event in events {
            self.version += 1;
            let stored = match pipeline::encode(event, &formats, &self.metadata, self.now) {
                Ok(stored) => stored,
                Err(error) => panic!("{error}"),
            };
            let stored = RecordedEvent {
                id: EventId::new(),
                tenant: TenantId::default(),
                stream: StreamId::of(A::NAME, "test").unwrap_or_else(|error| panic!("{error}")),
                version: self.version,
                event_type: Arc::from(&*stored.event_type),
                schema_version: stored.schema_version,
                format: stored.format,
                payload: stored.payload,
                metadata: stored.metadata,
                recorded_at: stored.recorded_at,
            };
            match self.state.evolve_stored(&stored, &formats) {
                Ok(true) => {}
                Ok(false) => panic!("`{}` does not evolve from `{}`", A::NAME, event.name()),
                Err(error) => panic!("the event cannot be read back as it was written: {error}"),
            }
        }
    }

    /// Provides a service to a handler that takes `&T`.
    #[must_use]
    pub fn with_service<T: ?Sized + Send + Sync + 'static>(
        mut self,
        service: impl Into<Arc<T>>,
    ) -> Self {
        self.services.insert(service);
        self
    }

    /// The time that the context tells. The start of 1970 unless said otherwise.
    #[must_use]
    pub fn at(mut self, now: DateTime<Utc>) -> Self {
        self.now = now;
        self
    }

    /// The metadata that the context carries.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Lets the aggregate decide a command, and evolves it from what it decided.
    #[track_caller]
    pub fn when<C>(mut self, command: C) -> Then<A, A::Error, A::Reply>
    where
        C: Routed<A>,
        A: Handles<C>,
    {
        let context = CommandContext {
            tenant: TenantId::default(),
            aggregate_id: command.aggregate_id().into_owned(),
            version: self.version,
            command_id: Uuid::nil(),
            metadata: Arc::new(self.metadata.clone()),
            now: self.now,
            services: Arc::new(self.services.clone()),
        };
        let decided = block_on(self.state.handle(command, &context));
        let outcome = match decided {
            Ok(decided) => {
                self.evolve(&decided.events);
                Ok(decided)
            }
            Err(Refusal::Domain(error)) => Err(error),
            Err(Refusal::MissingService(missing)) => {
                panic!(
                    "the handler of `{}` takes a `{}`: provide it with `.with_service(..)` before `.when(..)`",
                    C::NAME,
                    missing.service
                )
            }
        };
        Then {
            given: self,
            command: C::NAME,
            outcome,
        }
    }

    /// Looks at the state.
    #[must_use]
    pub fn then_state(self, look: impl FnOnce(&A)) -> Self {
        look(&self.state);
        self
    }
}

/// Runs a handler to its end. A handler that awaits nothing is ready at once; one that does gets a runtime on a thread
/// of its own, so that a test may itself be inside a runtime.
fn block_on<F: Future + Send>(future: F) -> F::Output
where
    F::Output: Send,
{
    let mut future = pin!(future);
    if let Poll::Ready(output) = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        return output;
    }
    std::thread::scope(|scope| {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(future),
                Err(error) => panic!("no runtime for an async handler: {error}"),
            }
        };
        match scope.spawn(run).join() {
            Ok(output) => output,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
