use std::time::Duration;

use mink_runtime::id::Position;
use mink_runtime::storage::{FeedLag, SchemaVersion, StorageError, StoreHealth};

use super::Feed;
use crate::migrate::NEEDED;
use crate::read::fetch;
use crate::row::{Columns, Whose};

/// How many events that wait are counted.
const COUNTED: u64 = 10_000;

impl Feed {
    /// In one round trip, and without a turn: what stands still is to be seen standing still.
    pub(crate) async fn health(&self) -> StoreHealth {
        match self.look().await {
            Ok(health) => health,
            Err(error) => StoreHealth::failed(&error),
        }
    }

    async fn look(&self) -> Result<StoreHealth, StorageError> {
        let rows = fetch(&self.connections, &self.health, |statement| statement).await?;
        let columns = match rows.first() {
            Some(row) => Columns::of(row),
            None => return Ok(StoreHealth::at(Position::START)),
        };
        let head = columns.unsigned(0, "head", Whose::Feed)?;
        let waiting = columns.unsigned(1, "events", Whose::Feed)?;
        let oldest = columns.unsigned(2, "oldest", Whose::Feed)?;
        let found = columns.unsigned(3, "schema", Whose::Feed)?;
        let mut health = StoreHealth::at(Position(head));
        health.lag = Some(FeedLag {
            events: waiting.min(COUNTED),
            more: waiting > COUNTED,
            oldest: Duration::from_micros(oldest),
        });
        health.schema = Some(SchemaVersion {
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: NEEDED,
        });
        Ok(health)
    }
}
