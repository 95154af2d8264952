//! The names of metrics and labels. Those that go-mink has too mean the same there.

/// The label with the application's name: what `service` is configured to, `mink` unless it is.
pub const SERVICE: &str = "service";
/// The label with the operation on the store.
pub const OPERATION: &str = "operation";
/// The label that says how it ended: [`SUCCESS`] or [`ERROR`].
pub const STATUS: &str = "status";
/// The label with an event's stored name; `other` for one that no linked crate declares.
pub const EVENT_TYPE: &str = "event_type";
/// The label with the kind of an error.
pub const ERROR_TYPE: &str = "error_type";
/// The label with a command's name.
pub const COMMAND_TYPE: &str = "command_type";
/// The label that says what became of something.
pub const OUTCOME: &str = "outcome";

/// A status.
pub const SUCCESS: &str = "success";
/// A status.
pub const ERROR: &str = "error";
/// What stands for every value that is not known beforehand.
pub const OTHER: &str = "other";

/// Counter, by [`SERVICE`], [`COMMAND_TYPE`], [`STATUS`]: commands that ended.
pub const COMMANDS: &str = "mink_commands_total";
/// Histogram in seconds, by [`SERVICE`], [`COMMAND_TYPE`].
pub const COMMAND_DURATION: &str = "mink_command_duration_seconds";
/// Gauge, by [`SERVICE`], [`COMMAND_TYPE`]: commands that are under way.
pub const COMMANDS_IN_FLIGHT: &str = "mink_commands_in_flight";

/// Counter, by [`SERVICE`], [`OPERATION`], [`STATUS`]: operations on the store.
pub const OPERATIONS: &str = "mink_eventstore_operations_total";
/// Histogram in seconds, by [`SERVICE`], [`OPERATION`]: how long an operation takes, waits and repetitions included.
pub const OPERATION_DURATION: &str = "mink_eventstore_operation_duration_seconds";
/// Counter, by [`SERVICE`], [`EVENT_TYPE`]: events that became durable.
pub const EVENTS_APPENDED: &str = "mink_events_appended_total";
/// Counter, by [`SERVICE`]: events that were read from streams.
pub const EVENTS_LOADED: &str = "mink_events_loaded_total";
/// Counter, by [`SERVICE`], [`ERROR_TYPE`]: operations that failed.
pub const ERRORS: &str = "mink_errors_total";
/// Counter, by [`SERVICE`]: commits that came too late, since another writer was first. Most are decided anew and
/// nobody notices.
pub const CONFLICTS: &str = "mink_conflicts_total";
/// Counter, by [`SERVICE`], [`OPERATION`]: attempts after the first one, while the store could not be reached.
pub const RETRIES: &str = "mink_eventstore_retries_total";

/// Histogram, by [`SERVICE`]: commits in one batch.
pub const BATCH_COMMITS: &str = "mink_batch_commits";
/// Gauge, by [`SERVICE`]: commits that waited when the last batch left.
pub const COMMITS_WAITING: &str = "mink_commits_waiting";
/// Gauge, by [`SERVICE`]: commits that the store was at work on when the health was looked at.
pub const COMMITS_IN_FLIGHT: &str = "mink_commits_in_flight";

/// Gauge, by [`SERVICE`]: committed events without a place in the feed when the health was looked at.
pub const FEED_LAG_EVENTS: &str = "mink_feed_lag_events";
/// Gauge in seconds, by [`SERVICE`]: how long the oldest of them had waited.
pub const FEED_LAG_SECONDS: &str = "mink_feed_lag_seconds";
/// Gauge, by [`SERVICE`]: the newest position of the feed when the health was looked at.
pub const FEED_HEAD: &str = "mink_feed_head_position";

/// Counter, by [`SERVICE`], [`OUTCOME`]: looks into the cache of aggregates: `hit`, `miss`; `evicted` entries; decisions
/// to do nothing that were compared with the store: `confirmed`, `outdated`.
pub const CACHE: &str = "mink_aggregate_cache_total";
/// Counter, by [`SERVICE`], [`OUTCOME`]: snapshots that were `taken`, `loaded`, `ignored` (unreadable), `failed`,
/// `left_out`.
pub const SNAPSHOTS: &str = "mink_snapshots_total";
