//! mink's embedded store: SQLite in one file, or in memory.
//!
//! **Problem.** A program that keeps its events beside itself wants them durable, in order and open to `sqlite3`,
//! without a server.
//! **Mechanism.** One file in write-ahead-log mode; one connection that writes, a batch of commits per flush;
//! several that read. Positions are given inside the writing transaction, so the feed has no gaps to wait for.
//! **Cost.** One writer at a time, across all processes that share the file; one flush of the disk per batch.
//! **What the caller must do.** Keep the file on a local disk: network file systems lack the locks it needs.
//!
//! Linking this crate makes `sqlite:` URLs known to [`mink_runtime::storage::open`].
//!
//! JSON payloads are stored as text, open to SQLite's JSON functions:
//!
//! ```sql
//! SELECT stream, json_extract(payload, '$.country') FROM mink_events WHERE event_type = 'OrderPlaced';
//! ```

mod append;
mod failure;
mod keys;
mod lifecycle;
mod location;
mod migrate;
mod opened_file;
mod options;
mod read;
mod row;
mod snapshots;
mod store;
mod writer;

use std::sync::Arc;

use mink_runtime::inventory;
use mink_runtime::storage::{Driver, Storage};

pub use options::{Durability, SqliteOptions};
pub use store::SqliteStore;

/// The driver, in the version that [`pool`](SqliteStore::pool) and transactions of your own need.
pub use sqlx;

inventory::submit! {
    Driver {
        schemes: &["sqlite"],
        open: |url| {
            Box::pin(async move {
                let store = SqliteStore::open(url).await?;
                Ok(Arc::new(store) as Arc<dyn Storage>)
            })
        },
    }
}
