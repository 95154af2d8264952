use std::cell::Cell;
use std::collections::HashMap;

use metrics::{Counter, Gauge, Histogram, IntoF64, Label, SharedString, Unit};

use super::errors::ERROR_TYPES;
use super::names;
use crate::registry::Registry;

/// An operation on the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A commit, until its outcome is known.
    Append,
    /// An aggregate, with all pages it takes.
    Load,
    /// A page of a stream.
    ReadStream,
    /// The first pages of many streams.
    ReadStreams,
    /// A page of the feed.
    ReadFeed,
    /// One event.
    GetEvent,
    /// What is known of a stream.
    GetStreamInfo,
    /// A page of the names of streams.
    ListStreams,
    /// The head of the feed.
    GetLastPosition,
    /// Opening the store.
    Initialize,
}

impl Operation {
    pub(super) const ALL: [Self; 10] = [
        Self::Append,
        Self::Load,
        Self::ReadStream,
        Self::ReadStreams,
        Self::ReadFeed,
        Self::GetEvent,
        Self::GetStreamInfo,
        Self::ListStreams,
        Self::GetLastPosition,
        Self::Initialize,
    ];

    /// Its name in metrics; its span is called `eventstore.` and this.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Load => "load",
            Self::ReadStream => "read_stream",
            Self::ReadStreams => "read_streams",
            Self::ReadFeed => "read_feed",
            Self::GetEvent => "get_event",
            Self::GetStreamInfo => "get_stream_info",
            Self::ListStreams => "list_streams",
            Self::GetLastPosition => "get_last_position",
            Self::Initialize => "initialize",
        }
    }
}

/// A look into the cache of aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// It was there.
    Hit,
    /// It was not.
    Miss,
    /// It had to make room.
    Evicted,
    /// A decision to do nothing was compared with the store, and stood.
    Confirmed,
    /// A decision to do nothing was taken again, since another process had moved the aggregate.
    Outdated,
}

/// What became of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotUse {
    /// It was saved.
    Taken,
    /// An aggregate was made from it.
    Loaded,
    /// It was of another shape, or could not be read.
    Ignored,
    /// It could not be saved.
    Failed,
    /// It was due, and too many were waiting.
    LeftOut,
}

/// Every meter of an application, bound to one recorder.
pub(super) struct Meters {
    pub(super) service: SharedString,
    pub(super) operations: [OperationMeters; Operation::ALL.len()],
    pub(super) appended: HashMap<&'static str, Counter>,
    pub(super) appended_other: Counter,
    pub(super) loaded: Counter,
    pub(super) errors: HashMap<&'static str, Counter>,
    pub(super) conflicts: Counter,
    pub(super) batch_commits: Histogram,
    pub(super) waiting: Gauge,
    pub(super) in_flight: Gauge,
    pub(super) lag_events: Gauge,
    pub(super) lag_seconds: Gauge,
    pub(super) head: Gauge,
    pub(super) cache: [Counter; 5],
    pub(super) snapshots: [Counter; 5],
}

pub(super) struct OperationMeters {
    pub(super) success: Counter,
    pub(super) error: Counter,
    pub(super) duration: Histogram,
    pub(super) retries: Counter,
}

impl Meters {
    /// `None` when no recorder is installed.
    pub(super) fn of(service: &str, registry: &Registry) -> Option<Self> {
        let make = Make {
            service: service.to_owned().into(),
        };
        let waiting = make.gauge(names::COMMITS_WAITING);
        if !is_heard(&waiting) {
            return None;
        }
        describe();
        let appended = |name: SharedString| {
            make.counter_by(names::EVENTS_APPENDED, &[(names::EVENT_TYPE, name)])
        };
        let outcome = |name, outcome: &'static str| {
            make.counter_by(name, &[(names::OUTCOME, outcome.into())])
        };
        Some(Self {
            operations: Operation::ALL.map(|operation| make.operation(operation)),
            appended: registry
                .events()
                .iter()
                .map(|event| (event.name, appended(event.name.into())))
                .collect(),
            appended_other: appended(names::OTHER.into()),
            loaded: make.counter(names::EVENTS_LOADED),
            errors: ERROR_TYPES
                .iter()
                .map(|kind| {
                    let label = [(names::ERROR_TYPE, (*kind).into())];
                    (*kind, make.counter_by(names::ERRORS, &label))
                })
                .collect(),
            conflicts: make.counter(names::CONFLICTS),
            batch_commits: make.histogram(names::BATCH_COMMITS, &[]),
            waiting,
            in_flight: make.gauge(names::COMMITS_IN_FLIGHT),
            lag_events: make.gauge(names::FEED_LAG_EVENTS),
            lag_seconds: make.gauge(names::FEED_LAG_SECONDS),
            head: make.gauge(names::FEED_HEAD),
            cache: ["hit", "miss", "evicted", "confirmed", "outdated"]
                .map(|of| outcome(names::CACHE, of)),
            snapshots: ["taken", "loaded", "ignored", "failed", "left_out"]
                .map(|of| outcome(names::SNAPSHOTS, of)),
            service: make.service,
        })
    }
}

/// Whether a recorder takes what a gauge is set to: it alone asks for the number.
fn is_heard(gauge: &Gauge) -> bool {
    struct Asked<'a>(&'a Cell<bool>);
    impl IntoF64 for Asked<'_> {
        fn into_f64(self) -> f64 {
            self.0.set(true);
            0.0
        }
    }
    let asked = Cell::new(false);
    gauge.set(Asked(&asked));
    asked.get()
}

struct Make {
    service: SharedString,
}

impl Make {
    fn labels(&self, more: &[(&'static str, SharedString)]) -> Vec<Label> {
        let more = more
            .iter()
            .map(|(name, value)| Label::new(*name, value.clone()));
        std::iter::once(Label::new(names::SERVICE, self.service.clone()))
            .chain(more)
            .collect()
    }

    fn counter(&self, name: &'static str) -> Counter {
        self.counter_by(name, &[])
    }

    fn counter_by(&self, name: &'static str, more: &[(&'static str, SharedString)]) -> Counter {
        metrics::counter!(name, self.labels(more))
    }

    fn gauge(&self, name: &'static str) -> Gauge {
        metrics::gauge!(name, self.labels(&[]))
    }

    fn histogram(&self, name: &'static str, more: &[(&'static str, SharedString)]) -> Histogram {
        metrics::histogram!(name, self.labels(more))
    }

    fn operation(&self, operation: Operation) -> OperationMeters {
        let name = (names::OPERATION, SharedString::from(operation.name()));
        let ended = |status: &'static str| {
            let labels = [name.clone(), (names::STATUS, status.into())];
            self.counter_by(names::OPERATIONS, &labels)
        };
        OperationMeters {
            success: ended(names::SUCCESS),
            error: ended(names::ERROR),
            duration: self.histogram(names::OPERATION_DURATION, std::slice::from_ref(&name)),
            retries: self.counter_by(names::RETRIES, std::slice::from_ref(&name)),
        }
    }
}

#[rustfmt::skip]
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};

    describe_counter!(names::COMMANDS, "Commands that ended");
    describe_histogram!(names::COMMAND_DURATION, Unit::Seconds, "How long commands take");
    describe_gauge!(names::COMMANDS_IN_FLIGHT, "Commands that are under way");
    describe_counter!(names::OPERATIONS, "Operations on the event store");
    describe_histogram!(names::OPERATION_DURATION, Unit::Seconds, "How long operations on the event store take");
    describe_counter!(names::EVENTS_APPENDED, "Events that became durable");
    describe_counter!(names::EVENTS_LOADED, "Events that were read from streams");
    describe_counter!(names::ERRORS, "Operations that failed");
    describe_counter!(names::CONFLICTS, "Commits that came too late, since another writer was first");
    describe_counter!(names::RETRIES, "Attempts after the first one, while the store could not be reached");
    describe_histogram!(names::BATCH_COMMITS, "Commits in one batch");
    describe_gauge!(names::COMMITS_WAITING, "Commits that waited when the last batch left");
    describe_gauge!(names::COMMITS_IN_FLIGHT, "Commits that the store was at work on when the health was looked at");
    describe_gauge!(names::FEED_LAG_EVENTS, "Committed events without a place in the feed when the health was looked at");
    describe_gauge!(names::FEED_LAG_SECONDS, Unit::Seconds, "How long the oldest event without a place in the feed had waited");
    describe_gauge!(names::FEED_HEAD, "The newest position of the feed when the health was looked at");
    describe_counter!(names::CACHE, "Looks into the cache of aggregates, and entries that had to make room");
    describe_counter!(names::SNAPSHOTS, "Snapshots by what became of them");
}
