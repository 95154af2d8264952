use super::CommandFault;
use crate::repository::LoadError;
use crate::storage::{CommitError, StorageError};

impl CommandFault {
    /// One word for it, for metrics and searches: `concurrency_conflict`, `handler_panicked`, `timed_out` ...
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Contended(_) => "concurrency_conflict",
            Self::Load(LoadError::NotFound { .. }) => "stream_not_found",
            Self::Load(LoadError::InvalidName(_)) => "empty_stream_id",
            Self::Load(LoadError::Storage(error)) => kind_of_read(error),
            Self::Load(_) | Self::Encode(_) => "serialization_failed",
            Self::Commit(error) => kind_of_commit(error),
            Self::MissingService(_) => "service_missing",
            Self::Closed { .. } => "command_bus_closed",
            Self::TimedOut { .. } => "timed_out",
            Self::Cancelled { .. } => "cancelled",
            Self::Panicked { .. } => "handler_panicked",
            Self::OtherAggregate { .. } => "other_aggregate",
            Self::Misrouted { .. } => "misrouted",
            Self::Layer { .. } => "layer_failed",
            Self::Invalid { .. } => "validation_failed",
            Self::NoTenant { .. } => "tenant_missing",
            Self::OtherTenant { .. } => "tenant_differs",
            Self::RateLimited { .. } => "rate_limited",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::Unaudited { .. } => "audit_failed",
            Self::KeyReused { .. } => "idempotency_key_reused",
            Self::KeyHeld { .. } => "command_in_progress",
            Self::EmptyKey { .. } => "idempotency_key_empty",
            Self::KeyOfLocal { .. } | Self::Fingerprint { .. } | Self::UnkeptError { .. } => {
                "idempotency_key_unusable"
            }
            Self::UnreadableAnswer { .. } => "command_already_processed",
            Self::Key(error) => kind_of_read(error),
        }
    }

    /// Whether the store or what stands in for it did not do its part: what a
    /// [circuit breaker](crate::bus::layers::circuit_breaker) counts. A conflict, a refusal or a panic is no outage.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Load(LoadError::Storage(error)) | Self::Key(error) => matches!(
                error,
                StorageError::Unavailable { .. }
                    | StorageError::StorageFull
                    | StorageError::ReadOnly { .. }
                    | StorageError::Other(_)
            ),
            Self::Commit(error) => matches!(
                error,
                CommitError::Busy { .. }
                    | CommitError::StorageFull
                    | CommitError::ReadOnly { .. }
                    | CommitError::Unavailable { .. }
                    | CommitError::OutcomeUnknown { .. }
                    | CommitError::Other(_)
            ),
            Self::TimedOut { .. } => true,
            _ => false,
        }
    }
}

fn kind_of_read(error: &StorageError) -> &'static str {
    match error {
        StorageError::StreamNotFound { .. } => "stream_not_found",
        StorageError::InvalidUrl { .. } => "invalid_url",
        StorageError::UnknownScheme { .. } => "unknown_scheme",
        StorageError::SchemaTooOld { .. } => "schema_too_old",
        StorageError::SchemaTooNew { .. } => "schema_too_new",
        StorageError::MigrationChanged { .. } => "migration_changed",
        StorageError::Corrupt { .. } => "corrupt",
        StorageError::Unavailable { .. } => "unavailable",
        StorageError::StorageFull => "storage_full",
        StorageError::ReadOnly { .. } => "read_only",
        StorageError::Closed => "adapter_closed",
        StorageError::StreamDeleted { .. } => "stream_deleted",
        StorageError::Unsupported { .. } => "unsupported",
        StorageError::Other(_) => "other",
    }
}

fn kind_of_commit(error: &CommitError) -> &'static str {
    match error {
        CommitError::Conflict(_) => "concurrency_conflict",
        CommitError::Busy { .. } => "stream_busy",
        CommitError::EventIdReused { .. } => "event_id_reused",
        CommitError::NoEvents { .. } => "no_events",
        CommitError::StreamTwice { .. } => "stream_twice",
        CommitError::EventTooLarge { .. } => "event_too_large",
        CommitError::TooManyEvents { .. } => "too_many_events",
        CommitError::InvalidVersion { .. } => "invalid_version",
        CommitError::Refused { .. } => "refused",
        CommitError::StorageFull => "storage_full",
        CommitError::ReadOnly { .. } => "read_only",
        CommitError::Unavailable { .. } => "unavailable",
        CommitError::OutcomeUnknown { .. } => "outcome_unknown",
        CommitError::Closed => "adapter_closed",
        CommitError::StreamDeleted { .. } => "stream_deleted",
        CommitError::Answered(_) => "command_already_processed",
        CommitError::KeyHeld { .. } => "key_held",
        CommitError::ReservationLost => "reservation_lost",
        CommitError::AnswerTooLarge { .. } => "answer_too_large",
        _ => "other",
    }
}
