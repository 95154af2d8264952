use super::RecordedEvent;
use crate::id::{Category, Position, StreamId, TenantId};

/// Which events of the feed to deliver. An empty list does not restrict; what is said in several lists must all
/// hold: types {A, B} and stream s give the events of type A or B in s.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedFilter {
    /// Only this tenant's events; `None` delivers every tenant's.
    pub tenant: Option<TenantId>,
    /// Only events of these stored types.
    pub types: Vec<String>,
    /// Only events of these streams.
    pub streams: Vec<StreamId>,
    /// Only events of streams in these categories.
    pub categories: Vec<Category>,
}

impl FeedFilter {
    /// Every event of every tenant.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Every event of one tenant.
    #[must_use]
    pub fn tenant(tenant: TenantId) -> Self {
        Self {
            tenant: Some(tenant),
            ..Self::default()
        }
    }

    /// Whether it lets every event through.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        self.tenant.is_none()
            && self.types.is_empty()
            && self.streams.is_empty()
            && self.categories.is_empty()
    }

    /// Whether it lets this event through.
    #[must_use]
    pub fn matches(&self, event: &RecordedEvent) -> bool {
        self.tenant
            .as_ref()
            .is_none_or(|tenant| *tenant == event.tenant)
            && (self.types.is_empty() || self.types.iter().any(|name| **name == *event.event_type))
            && (self.streams.is_empty() || self.streams.contains(&event.stream))
            && (self.categories.is_empty()
                || self
                    .categories
                    .iter()
                    .any(|c| c.as_str() == event.stream.category()))
    }
}

/// An event with its place in the global feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// Its place.
    pub position: Position,
    /// The event.
    pub event: RecordedEvent,
}

/// A part of the global feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedPage {
    /// The events that the filter let through, in order.
    pub events: Vec<FeedEvent>,
    /// How many places in the part that was searched hold an event that the filter would let through, but whose content
    /// is truncated or archived. Pages that follow each other count each such place once.
    pub skipped: u64,
    /// Where to go on: everything up to and including this position has been searched. Never below the position
    /// that was read from, also when that lies beyond the head.
    pub next: Position,
    /// The position of the newest event when this was read. `next == head`: the reader has caught up.
    pub head: Position,
}
