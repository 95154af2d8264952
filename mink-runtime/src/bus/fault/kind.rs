use super::CommandFault;
use crate::observe::ErrorType;
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
            Self::Load(LoadError::Storage(error)) => error.error_type(),
            Self::Load(_) | Self::Encode(_) => "serialization_failed",
            Self::Commit(error) => error.error_type(),
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
            Self::Key(error) => error.error_type(),
        }
    }

    /// Whether an operation on the store failed, which was counted there.
    pub(crate) fn is_of_the_store(&self) -> bool {
        matches!(
            self,
            Self::Contended(_)
                | Self::Commit(_)
                | Self::Load(LoadError::Storage(_) | LoadError::Decode(_))
        )
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
