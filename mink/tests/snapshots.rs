//! States that are kept beside their events.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "snapshots/aside.rs"]
mod aside;
#[path = "snapshots/due.rs"]
mod due;
#[path = "snapshots/equal.rs"]
mod equal;
#[path = "snapshots/fingerprint.rs"]
mod fingerprint;
#[path = "snapshots/removed.rs"]
mod removed;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
#[path = "snapshots/stores.rs"]
mod stores;

#[path = "../../mink-runtime/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use mink::prelude::*;
use mink::repository::SnapshotStats;

/// Waits for what happens beside the work.
async fn until(app: &Mink, holds: impl Fn(SnapshotStats) -> bool) -> SnapshotStats {
    let waiting = async {
        loop {
            let stats = app.snapshot_stats();
            if holds(stats) {
                return stats;
            }
            tokio::task::yield_now().await;
        }
    };
    let stats = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    stats.unwrap_or_else(|_| panic!("{:?}", app.snapshot_stats()))
}
