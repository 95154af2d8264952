//! The global feed under everything that breaks one: nothing missed, doubled, out of order or stalled.
//!
//! **Problem.** A feed that skips an event does so once in a hundred thousand, between two transactions that
//! overlap. **Mechanism.** Many writers of every kind, killed and disturbed; readers that follow live; at the end
//! the table says what was committed, and the [`FeedChecker`] compares. **Cost.** Minutes for a full run.

mod checker;
mod disturb;
mod reader;
mod record;
mod run;
pub mod tick_cost;
mod writers;

pub use checker::{Delivered, FeedChecker, FeedFaults, Stored};
pub use record::Record;
pub use run::{FeedReport, FeedRun, own_pool};
pub use writers::{BUSINESS, Counts, Desk, OWN};

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
