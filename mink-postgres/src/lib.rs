//! mink's production store: PostgreSQL 15 and newer.
//!
//! **Problem.** Many nodes append at once, and every reader must see every event once, in each stream's order, though
//! transactions become visible in another order than the one they began in.
//! **Mechanism.** A batch of commits is one call of a function in the database: one round trip, conflicts decided by
//! a version column. Events get their place in the global feed afterwards, from a sequencer that any node runs: it
//! stamps what one snapshot shows and the one before did not.
//! **Cost.** Three index entries and a log row for each event; one turn of the sequencer for each burst of commits.
//! **What the caller must do.** Keep the database in UTF-8. Behind a connection pooler, use its session mode.
//!
//! Linking this crate makes `postgres:` and `postgresql:` URLs known to [`mink_runtime::storage::open`].
//!
//! JSON payloads are stored as `json`, byte for byte and open to PostgreSQL's JSON functions:
//!
//! ```sql
//! SELECT stream, payload ->> 'country' FROM mink.events WHERE event_type = 'OrderPlaced';
//! ```

mod commit;
mod connections;
mod failure;
mod feed;
mod finishing;
mod keys;
mod lifecycle;
mod migrate;
mod options;
mod read;
mod row;
mod schema;
mod snapshots;
mod store;
mod url;

use std::sync::Arc;

use mink_runtime::inventory;
use mink_runtime::storage::{Driver, Storage};

pub use options::PostgresOptions;
pub use store::PostgresStore;

/// The driver, in the version that [`pool`](PostgresStore::pool) and transactions of your own need.
pub use sqlx;

inventory::submit! {
    Driver {
        schemes: &["postgres", "postgresql"],
        open: |url| {
            Box::pin(async move {
                let store = PostgresStore::open(url).await?;
                Ok(Arc::new(store) as Arc<dyn Storage>)
            })
        },
    }
}
