use std::sync::Arc;
use std::time::Instant;

use metrics::SharedString;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};

use super::errors::ErrorType;
use super::meters::{CacheUse, Meters, Operation, SnapshotUse};
use crate::metadata::{TraceContext, TraceContextSource};
use crate::registry::Registry;
use crate::storage::{Commit, CommitError, Committed, GroupLoad, GroupWatch, StoreHealth};

/// Takes note of what an application does. A cheap handle; clones share the meters.
#[derive(Clone)]
pub struct Observer {
    shared: Arc<Shared>,
    traces: Option<Arc<dyn TraceContextSource>>,
}

struct Shared {
    service: SharedString,
    meters: Option<Meters>,
}

impl Default for Observer {
    /// One that counts nothing.
    fn default() -> Self {
        Self {
            shared: Arc::new(Shared {
                service: SharedString::const_str("mink"),
                meters: None,
            }),
            traces: None,
        }
    }
}

impl Observer {
    /// Looks up every meter in the recorder that is installed now, under this name; without a recorder nothing is ever
    /// counted. Events are counted by the names that `registry` knows.
    #[must_use]
    pub fn installed(service: &str, registry: &Registry) -> Self {
        Self {
            shared: Arc::new(Shared {
                service: service.to_owned().into(),
                meters: Meters::of(service, registry),
            }),
            traces: None,
        }
    }

    /// Takes the trace context of what runs from here.
    #[must_use]
    pub fn with_traces(mut self, source: Option<Arc<dyn TraceContextSource>>) -> Self {
        self.traces = source;
        self
    }

    /// The trace context of what runs now.
    pub(crate) fn trace(&self) -> Option<TraceContext> {
        self.traces.as_ref()?.current()
    }

    /// The application's name in metrics and spans.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.shared.service
    }

    /// The application's name as a metric's label, when a recorder was installed; `None`: count nothing.
    #[must_use]
    pub fn counts_as(&self) -> Option<SharedString> {
        self.meters().map(|meters| meters.service.clone())
    }

    /// A look into the cache of aggregates.
    pub fn cache(&self, outcome: CacheUse) {
        if let Some(meters) = self.meters() {
            meters.cache[outcome as usize].increment(1);
        }
    }

    /// What became of a snapshot.
    pub fn snapshot(&self, outcome: SnapshotUse) {
        if let Some(meters) = self.meters() {
            meters.snapshots[outcome as usize].increment(1);
        }
    }

    /// Whether nobody counts and nobody listens to spans: then there is nothing to do.
    pub(crate) fn is_unheard(&self) -> bool {
        self.shared.meters.is_none() && LevelFilter::current() < Level::INFO
    }

    fn meters(&self) -> Option<&Meters> {
        self.shared.meters.as_ref()
    }

    /// An operation begins. Reads the clock only when somebody counts.
    pub(crate) fn begin(&self, operation: Operation) -> Watch<'_> {
        Watch {
            meters: self.meters().map(|meters| (meters, Instant::now())),
            operation,
        }
    }

    /// A commit was answered.
    pub(crate) fn committed(
        &self,
        span: &Span,
        commit: &Commit,
        outcome: &Result<Committed, CommitError>,
    ) {
        match outcome {
            Ok(committed) => {
                if let Some(head) = committed.streams.first() {
                    span.record("mink.stored.version", head.version);
                }
                if let Some(meters) = self.meters()
                    && !committed.recognised
                {
                    for event in commit.events() {
                        meters
                            .appended
                            .get(&*event.event_type)
                            .unwrap_or(&meters.appended_other)
                            .increment(1);
                    }
                }
            }
            Err(CommitError::Conflict(_)) => {
                if let Some(meters) = self.meters() {
                    meters.conflicts.increment(1);
                }
            }
            Err(_) => {}
        }
    }

    /// Events were read from a stream.
    pub(crate) fn loaded(&self, events: usize) {
        if let Some(meters) = self.meters() {
            meters.loaded.increment(events as u64);
        }
    }

    /// An operation is tried again.
    pub(crate) fn retried(&self, operation: Operation) {
        if let Some(meters) = self.meters() {
            meters.operations[operation as usize].retries.increment(1);
        }
    }

    /// The health was looked at.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a gauge is a float, and a store has fewer than 2^52 events"
    )]
    pub(crate) fn health(&self, store: &StoreHealth, commits: GroupLoad) {
        let Some(meters) = self.meters() else {
            return;
        };
        meters.waiting.set(commits.waiting as f64);
        meters.in_flight.set(commits.committing as f64);
        if let Some(head) = store.head {
            meters.head.set(head.0 as f64);
        }
        if let Some(lag) = store.lag {
            meters.lag_events.set(lag.events as f64);
            meters.lag_seconds.set(lag.oldest.as_secs_f64());
        }
    }
}

/// An operation that is under way.
pub(crate) struct Watch<'a> {
    meters: Option<(&'a Meters, Instant)>,
    operation: Operation,
}

impl Watch<'_> {
    /// Takes note of how it ended.
    pub(crate) fn end<T, E: ErrorType>(self, span: &Span, outcome: &Result<T, E>) {
        let failed = outcome.as_ref().err().map(E::error_type);
        if let Some(kind) = failed {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", kind);
        }
        let Some((meters, began)) = self.meters else {
            return;
        };
        let operation = &meters.operations[self.operation as usize];
        operation.duration.record(began.elapsed());
        match failed {
            None => operation.success.increment(1),
            Some(kind) => {
                operation.error.increment(1);
                if let Some(counter) = meters.errors.get(kind) {
                    counter.increment(1);
                }
            }
        }
    }
}

/// Awaits an operation in its span, and takes note of how it ended and how long it took. The future is written where
/// it is polled: one that is handed on by value is copied, which costs more than all the rest.
macro_rules! watched {
    ($observer:expr, $operation:expr, $span:expr, $work:expr $(,)?) => {{
        let watch = $observer.begin($operation);
        let outcome = if $span.is_disabled() {
            $work.await
        } else {
            tracing::Instrument::instrument($work, $span.clone()).await
        };
        watch.end(&$span, &outcome);
        outcome
    }};
}
pub(crate) use watched;

impl GroupWatch for Observer {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a batch holds fewer than 2^52 commits"
    )]
    fn batch(&self, commits: usize, waiting: usize) {
        if let Some(meters) = self.meters() {
            meters.batch_commits.record(commits as f64);
            meters.waiting.set(waiting as f64);
        }
    }
}
