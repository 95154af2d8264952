//! What is known of a stream besides its events.

use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{StorageError, StreamInfo, StreamMarks, StreamPage};

use crate::row::{Columns, Whose, damaged};

/// A stream's row.
pub(crate) struct Marks(pub(crate) StreamMarks);

impl Marks {
    /// How many columns they take: version, first, truncated, deleted.
    pub(crate) const COLUMNS: usize = 4;

    pub(crate) fn of(
        columns: Columns<'_>,
        first: usize,
        whose: Whose<'_>,
    ) -> Result<Self, StorageError> {
        Ok(Self(StreamMarks {
            version: columns.unsigned(first, "version", whose)?,
            first: columns.unsigned(first + 1, "first", whose)?,
            truncated: columns.unsigned(first + 2, "truncated", whose)?,
            deleted: columns
                .flag(first + 3)
                .ok_or_else(|| damaged(whose, "column `deleted` is not a truth value"))?,
        }))
    }

    pub(crate) fn info(&self, tenant: &TenantId, stream: &StreamId) -> StreamInfo {
        StreamInfo {
            tenant: tenant.clone(),
            stream: stream.clone(),
            version: self.0.version,
            first: self.0.first,
            truncated: self.0.truncated,
            archived: self.0.archived(),
            deleted: self.0.deleted,
        }
    }

    /// A page of the stream, without events, unless it is deleted.
    pub(crate) fn page(&self, stream: &StreamId) -> Result<StreamPage, StorageError> {
        if self.0.deleted {
            return Err(StorageError::StreamDeleted {
                stream: stream.clone(),
            });
        }
        Ok(StreamPage {
            version: self.0.version,
            first: self.0.first,
            archived: self.0.archived(),
            events: Vec::new(),
        })
    }
}
