//! The global feed under everything that breaks one: nothing missed, doubled, out of order or stalled.

mod checker;

pub use checker::{Delivered, FeedChecker, FeedFaults, Stored};

use mink_runtime::storage::FeedEvent;

impl From<FeedEvent> for Delivered {
    fn from(item: FeedEvent) -> Self {
        Self {
            position: item.position.0,
            event: Stored {
                id: item.event.id.0,
                tenant: item.event.tenant.as_str().into(),
                stream: item.event.stream.as_str().into(),
                version: item.event.version,
            },
        }
    }
}
