//! What a change does, decided from a stream's row alone, so that every adapter decides alike.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::super::{ConcurrencyConflict, Format, RecordedEvent};
use super::{Change, LifecycleError, RestoreFault, StreamChange, StreamChanged};

/// What an adapter keeps of a stream besides its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamMarks {
    /// The version of its last event, removed or not. At least 1.
    pub version: u64,
    /// The lowest version that can be read; one more than `version` when none can.
    pub first: u64,
    /// Every event up to this version is truncated; those above it and below `first` are archived. 0 when none is.
    pub truncated: u64,
    /// Whether the stream is deleted.
    pub deleted: bool,
}

impl StreamMarks {
    /// Of a stream that was never changed.
    #[must_use]
    pub fn whole(version: u64) -> Self {
        Self {
            version,
            first: 1,
            truncated: 0,
            deleted: false,
        }
    }

    /// Whether some of the events before `first` can be restored.
    #[must_use]
    pub fn archived(&self) -> bool {
        self.first.saturating_sub(1) > self.truncated
    }
}

/// What a change does to its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDecision {
    /// The stream's row afterwards.
    pub marks: StreamMarks,
    /// What happens to events.
    pub touch: Touch,
}

/// Which events a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    /// None.
    Nothing,
    /// These become stubs of this format. Every one of them has to be found, and to be no stub of this format yet.
    Stub {
        /// Their versions.
        versions: Range<u64>,
        /// The stubs' format.
        format: &'static str,
    },
    /// These get their content back. Every one has to be found as an archived stub with the event's id, type, schema
    /// version and time: else [`RestoreFault::OtherEvent`].
    Restore {
        /// Their versions, those of the change's events in order.
        versions: Range<u64>,
    },
}

impl ChangeDecision {
    /// How many rows of events the change has to touch.
    #[must_use]
    pub fn events(&self) -> u64 {
        match &self.touch {
            Touch::Nothing => 0,
            Touch::Stub { versions, .. } | Touch::Restore { versions } => {
                versions.end - versions.start
            }
        }
    }

    /// The answer, once that many rows were touched and no others.
    #[must_use]
    pub fn answer(&self) -> StreamChanged {
        StreamChanged {
            events: self.events(),
            first: self.marks.first,
        }
    }
}

impl StreamChange {
    /// What the change does to a stream that is so, for the author of an adapter: inside the transaction, read and lock
    /// the stream's row, decide, touch the events, compare the number of rows touched with [`ChangeDecision::events`], write
    /// the marks, and delete a snapshot whose version is below `first - 1`.
    ///
    /// # Errors
    /// [`LifecycleError::Conflict`], [`LifecycleError::BeyondTheEnd`], [`LifecycleError::RowsDiffer`] for an archive
    /// that is about another number of events, [`LifecycleError::NotRestorable`].
    pub fn decide(&self, marks: StreamMarks) -> Result<ChangeDecision, LifecycleError> {
        if !self.expected.holds_at(marks.version) {
            return Err(LifecycleError::Conflict(ConcurrencyConflict {
                stream: self.stream.clone(),
                expected: self.expected,
                actual: marks.version,
            }));
        }
        let mut after = marks;
        let touch = match &self.change {
            Change::Delete => {
                after.deleted = true;
                Touch::Nothing
            }
            Change::Undelete => {
                after.deleted = false;
                Touch::Nothing
            }
            Change::TruncateBefore(before) => {
                self.check_end(marks, *before)?;
                let from = marks.truncated + 1;
                let versions = from..(*before).max(from);
                after.truncated = versions.end - 1;
                after.first = marks.first.max(versions.end);
                stub(versions, Format::TRUNCATED)
            }
            Change::Archive { before, events } => {
                self.check_end(marks, *before)?;
                let versions = marks.first..(*before).max(marks.first);
                let found = versions.end - versions.start;
                if found != *events {
                    return Err(LifecycleError::RowsDiffer {
                        stream: self.stream.clone(),
                        expected: *events,
                        found,
                    });
                }
                after.first = versions.end;
                stub(versions, Format::ARCHIVED)
            }
            Change::Restore(events) => {
                let versions = self.restorable(marks, events)?;
                after.first = versions.start;
                if versions.is_empty() {
                    Touch::Nothing
                } else {
                    Touch::Restore { versions }
                }
            }
        };
        Ok(ChangeDecision {
            marks: after,
            touch,
        })
    }

    fn check_end(&self, marks: StreamMarks, before: u64) -> Result<(), LifecycleError> {
        if before <= marks.version + 1 {
            return Ok(());
        }
        Err(LifecycleError::BeyondTheEnd {
            stream: self.stream.clone(),
            version: marks.version,
            before,
        })
    }

    fn restorable(
        &self,
        marks: StreamMarks,
        events: &[RecordedEvent],
    ) -> Result<Range<u64>, LifecycleError> {
        for event in events {
            if event.tenant != self.tenant || event.stream != self.stream {
                return Err(self.not_restorable(event, RestoreFault::OtherStream));
            }
            if event.version <= marks.truncated || event.version >= marks.first {
                return Err(self.not_restorable(event, RestoreFault::NotArchived));
            }
        }
        // Each version lies between those that are truncated and `first`: a doubled one shows as out of order.
        let start = marks.first.saturating_sub(events.len() as u64);
        for (event, version) in events.iter().zip(start..) {
            if event.version != version {
                return Err(self.not_restorable(event, RestoreFault::OutOfOrder));
            }
            if !is_sound(event) {
                return Err(self.not_restorable(event, RestoreFault::Payload));
            }
        }
        Ok(start..marks.first)
    }

    /// The error of an event that cannot be put back.
    #[must_use]
    pub fn not_restorable(&self, event: &RecordedEvent, reason: RestoreFault) -> LifecycleError {
        LifecycleError::NotRestorable {
            stream: self.stream.clone(),
            version: event.version,
            reason,
        }
    }
}

fn stub(versions: Range<u64>, format: &'static str) -> Touch {
    if versions.is_empty() {
        Touch::Nothing
    } else {
        Touch::Stub { versions, format }
    }
}

fn is_sound(event: &RecordedEvent) -> bool {
    match &event.format {
        Format::Json => std::str::from_utf8(&event.payload)
            .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()),
        Format::Binary(name) => !Format::RESERVED.contains(&&**name),
    }
}
