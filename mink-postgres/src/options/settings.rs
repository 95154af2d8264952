use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use mink_runtime::config::{OpensStore, Setting, StoreSection};
use mink_runtime::inventory;
use mink_runtime::storage::{Opened, Storage};

use super::PostgresOptions;
use crate::schema::Schema;

inventory::submit! { StoreSection::of::<PostgresOptions>() }

const SHORT: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(60);

/// The section `[postgres]` of `mink.toml`.
impl OpensStore for PostgresOptions {
    const SECTION: &'static str = "postgres";
    const SCHEMES: &'static [&'static str] = &["postgres", "postgresql"];
    #[rustfmt::skip]
    const SETTINGS: &'static [Setting<Self>] = &[
        Setting::text("schema", "the PostgreSQL schema that the store lives in", usable, |to| &mut to.schema),
        Setting::count("max_connections", "connections that commits and reads share", 1..=10_000, |to| &mut to.max_connections),
        Setting::flag("migrate", "whether opening applies the migrations that are missing", |to| &mut to.migrate),
        Setting::duration("tick_interval", "the least time between two turns of the feed's sequencer", SHORT, |to| &mut to.tick_interval),
        Setting::duration("poll_interval", "how long a reader waits for a notification before it looks again", SHORT, |to| &mut to.poll_interval),
        Setting::duration("acquire_timeout", "how long to wait for a connection", Duration::from_millis(1)..=Duration::from_secs(3600), |to| &mut to.acquire_timeout),
    ];

    fn defaults() -> Self {
        Self::new("")
    }

    fn open_at(mut self, url: &str) -> BoxFuture<'static, Opened> {
        url.clone_into(&mut self.url);
        Box::pin(async move { Ok(Arc::new(self.open().await?) as Arc<dyn Storage>) })
    }
}

/// The name is not quoted: somebody may have written a password into the wrong line.
fn usable(name: &str) -> Result<(), &'static str> {
    Schema::new(name).map(drop).map_err(
        |_| "a schema is called by 1 to 50 of a-z, 0-9 and `_`, not starting with a digit or `pg_`",
    )
}
