use crate::pipeline::{DecodeError, DecodeFault};
use crate::repository::LoadError;
use crate::storage::{CommitError, StorageError};

/// What an error is called in metrics and spans: one of a few words that never change.
pub(crate) trait ErrorType {
    /// Its word.
    fn error_type(&self) -> &'static str;
}

/// Every word there is.
pub(super) const ERROR_TYPES: &[&str] = &[
    "adapter_closed",
    "answer_too_large",
    "command_already_processed",
    "command_in_progress",
    "concurrency_conflict",
    "corrupt",
    "empty_stream_id",
    "event_id_reused",
    "event_too_large",
    "event_type_not_registered",
    "events_archived",
    "events_truncated",
    "invalid_url",
    "invalid_version",
    "migration_changed",
    "no_events",
    "other",
    "outcome_unknown",
    "read_only",
    "refused",
    "reservation_lost",
    "reserved_format",
    "schema_too_new",
    "schema_too_old",
    "schema_version_gap",
    "serialization_failed",
    "storage_full",
    "stream_busy",
    "stream_deleted",
    "stream_not_found",
    "stream_twice",
    "too_many_events",
    "unavailable",
    "unknown_scheme",
    "unsupported",
    "upcast_failed",
];

impl ErrorType for CommitError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "concurrency_conflict",
            Self::Busy { .. } => "stream_busy",
            Self::ReservedFormat { .. } => "reserved_format",
            Self::Unsupported { .. } => "unsupported",
            Self::Answered(_) => "command_already_processed",
            Self::KeyHeld { .. } => "command_in_progress",
            Self::ReservationLost => "reservation_lost",
            Self::StreamDeleted { .. } => "stream_deleted",
            Self::AnswerTooLarge { .. } => "answer_too_large",
            Self::EventIdReused { .. } => "event_id_reused",
            Self::NoEvents { .. } => "no_events",
            Self::StreamTwice { .. } => "stream_twice",
            Self::EventTooLarge { .. } => "event_too_large",
            Self::TooManyEvents { .. } => "too_many_events",
            Self::InvalidVersion { .. } => "invalid_version",
            Self::Refused { .. } => "refused",
            Self::StorageFull => "storage_full",
            Self::ReadOnly { .. } => "read_only",
            Self::Unavailable { .. } => "unavailable",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::Closed => "adapter_closed",
            Self::Other(_) => "other",
        }
    }
}

impl ErrorType for StorageError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::StreamNotFound { .. } => "stream_not_found",
            Self::StreamDeleted { .. } => "stream_deleted",
            Self::Unsupported { .. } => "unsupported",
            Self::InvalidUrl { .. } => "invalid_url",
            Self::UnknownScheme { .. } => "unknown_scheme",
            Self::SchemaTooOld { .. } => "schema_too_old",
            Self::SchemaTooNew { .. } => "schema_too_new",
            Self::MigrationChanged { .. } => "migration_changed",
            Self::Corrupt { .. } => "corrupt",
            Self::Unavailable { .. } => "unavailable",
            Self::StorageFull => "storage_full",
            Self::ReadOnly { .. } => "read_only",
            Self::Closed => "adapter_closed",
            Self::Other(_) => "other",
        }
    }
}

impl ErrorType for DecodeError {
    fn error_type(&self) -> &'static str {
        match &self.fault {
            DecodeFault::UnknownType => "event_type_not_registered",
            DecodeFault::NoUpcaster { .. } | DecodeFault::FromTheFuture { .. } => {
                "schema_version_gap"
            }
            DecodeFault::Upcast { .. } => "upcast_failed",
            DecodeFault::Payload { .. } | DecodeFault::UnknownFormat { .. } => {
                "serialization_failed"
            }
        }
    }
}

impl ErrorType for LoadError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "stream_not_found",
            Self::Archived { .. } => "events_archived",
            Self::Truncated { .. } => "events_truncated",
            Self::InvalidName(_) => "empty_stream_id",
            Self::Decode(error) => error.error_type(),
            Self::Storage(error) => error.error_type(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ERROR_TYPES;

    #[test]
    fn every_word_has_a_counter() {
        let source = include_str!("errors.rs");
        let words = source
            .lines()
            .filter_map(|line| line.split_once("=> \"")?.1.split('"').next());
        for word in words {
            assert!(ERROR_TYPES.contains(&word), "{word}");
        }
        assert!(ERROR_TYPES.is_sorted());
    }
}
