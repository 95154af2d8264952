use mink_runtime::storage::{SchemaVersion, StorageError, StoreHealth};

use super::Reader;
use crate::migrate::NEEDED;

const SELECT_VERSION: &str = include_str!("schema_version.sql");

impl Reader {
    pub(crate) async fn health(&self) -> StoreHealth {
        match self.look().await {
            Ok(health) => health,
            Err(error) => StoreHealth::failed(&error),
        }
    }

    async fn look(&self) -> Result<StoreHealth, StorageError> {
        let mut health = StoreHealth::at(self.head().await?);
        let found: Option<i64> = sqlx::query_scalar(SELECT_VERSION)
            .fetch_one(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
        health.schema = Some(SchemaVersion {
            found: found.and_then(|found| found.try_into().ok()).unwrap_or(0),
            known: NEEDED,
        });
        Ok(health)
    }
}
