//! What every contestant can do, and the works made of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use mink::prelude::*;

use crate::amount::Amount;
use crate::contest::{Contestant, Side};
use crate::domain::{AddLine, LineAdded, Order, line};

/// Appends lines to orders.
pub trait Appends: Send + Sync + 'static {
    /// Appends to the stream of `order`, which must be at version `expected`; answers when it is as durable as the
    /// store makes it.
    fn append(
        &self,
        order: u64,
        expected: u64,
        lines: Vec<LineAdded>,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Reads orders and the feed.
pub trait Reads: Send + Sync + 'static {
    /// Folds an order from its events.
    fn load(&self, order: u64) -> impl Future<Output = Result<Order>> + Send;

    /// Reads the whole feed; answers how many events are in it.
    fn scan(&self) -> impl Future<Output = Result<u64>> + Send;
}

/// The order that is loaded.
pub const LOADED: u64 = 4_000_000;

/// One event for each commit, one commit after the other, in turn to 64 streams.
pub fn one_by_one<S: Appends>(side: Side, store: &Arc<S>, amount: Amount) -> Contestant {
    let (store, next) = (Arc::clone(store), Arc::new(AtomicU64::new(0)));
    Contestant::new(side, move || {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        async move {
            let (mut turn, mut events) = (amount.begin_turn(), 0);
            while turn.goes_on() {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let order = 1_000_000 + n % 64;
                store.append(order, n / 64, vec![line(n)]).await?;
                events += 1;
            }
            Ok(events)
        }
    })
}

/// One event for each commit from many tasks at the same time, each with a stream of its own.
pub fn many_tasks<S: Appends>(side: Side, store: &Arc<S>, amount: Amount) -> Contestant {
    let store = Arc::clone(store);
    let versions: Arc<[AtomicU64]> = (0..amount.tasks).map(|_| AtomicU64::new(0)).collect();
    Contestant::new(side, move || {
        let (store, versions) = (Arc::clone(&store), Arc::clone(&versions));
        async move {
            let tasks = (0..amount.tasks).map(|task| {
                let (store, versions) = (Arc::clone(&store), Arc::clone(&versions));
                tokio::spawn(async move {
                    let (mut turn, mut events) = (amount.begin_turn(), 0);
                    let index = usize::try_from(task)?;
                    while turn.goes_on() {
                        let version = versions[index].fetch_add(1, Ordering::Relaxed);
                        let lines = vec![line(version)];
                        store.append(2_000_000 + task, version, lines).await?;
                        events += 1;
                    }
                    anyhow::Ok(events)
                })
            });
            let mut events = 0;
            for counted in try_join_all(tasks).await? {
                events += counted?;
            }
            Ok(events)
        }
    })
}

/// Many events for each commit, one commit after the other, in turn to 16 streams.
pub fn in_batches<S: Appends>(side: Side, store: &Arc<S>, amount: Amount) -> Contestant {
    let (store, next) = (Arc::clone(store), Arc::new(AtomicU64::new(0)));
    Contestant::new(side, move || {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        async move {
            let (mut turn, mut events) = (amount.begin_turn(), 0);
            while turn.goes_on() {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let lines = (0..amount.batch).map(line).collect();
                let order = 3_000_000 + n % 16;
                store.append(order, n / 16 * amount.batch, lines).await?;
                events += amount.batch;
            }
            Ok(events)
        }
    })
}

/// One command after the other to one order, which is in the cache.
pub fn dispatches_hot(side: Side, app: &Arc<Mink>, order: u64, amount: Amount) -> Contestant {
    let (app, next) = (Arc::clone(app), Arc::new(AtomicU64::new(0)));
    Contestant::new(side, move || {
        let (app, next) = (Arc::clone(&app), Arc::clone(&next));
        async move {
            let (mut turn, mut events) = (amount.begin_turn(), 0);
            while turn.goes_on() {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let line = line(n);
                let command = AddLine {
                    order_id: order,
                    sku: line.sku,
                    description: line.description,
                    quantity: line.quantity,
                    cents: line.cents,
                };
                let receipt = app.dispatch(command).await?;
                ensure!(receipt.version() == n + 1, "{}", receipt.version());
                events += 1;
            }
            Ok(events)
        }
    })
}

/// The events of the same commands, appended to one order at the version that it is at.
pub fn appends_hot(side: Side, app: &Arc<Mink>, order: u64, amount: Amount) -> Contestant {
    let (app, next) = (Arc::clone(app), Arc::new(AtomicU64::new(0)));
    Contestant::new(side, move || {
        let (app, next) = (Arc::clone(&app), Arc::clone(&next));
        async move {
            let (mut turn, mut events) = (amount.begin_turn(), 0);
            while turn.goes_on() {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let expected = ExpectedVersion::Exact(n);
                let lines = vec![line(n)];
                let receipt = app.append::<Order>(order, expected, lines).await?;
                ensure!(receipt.version() == n + 1, "{}", receipt.version());
                events += 1;
            }
            Ok(events)
        }
    })
}

/// The same long stream, again and again.
pub fn loads<S: Reads>(side: Side, store: &Arc<S>, amount: Amount) -> Contestant {
    let store = Arc::clone(store);
    Contestant::new(side, move || {
        let store = Arc::clone(&store);
        async move {
            let (mut turn, mut events) = (amount.begin_turn(), 0);
            while turn.goes_on() {
                let order = store.load(LOADED).await?;
                ensure!(order.lines == amount.stream, "{} lines", order.lines);
                events += amount.stream;
            }
            Ok(events)
        }
    })
}

/// The whole feed, once a turn.
pub fn scans<S: Reads>(side: Side, store: &Arc<S>, amount: Amount) -> Contestant {
    let store = Arc::clone(store);
    Contestant::new(side, move || {
        let store = Arc::clone(&store);
        async move {
            let events = store.scan().await?;
            ensure!(events == amount.feed, "{events} events");
            Ok(events)
        }
    })
}

/// Writes what is read later: the long stream, and other orders until the feed has its length.
///
/// # Errors
/// The store's.
pub async fn fill<S: Appends>(store: &S, amount: Amount) -> Result<()> {
    let mut left = amount.feed;
    let mut order = LOADED;
    while left > 0 {
        let count = amount.stream.min(left);
        let mut expected = 0;
        while expected < count {
            // An aggregate's events come a few at a time, each with metadata of its own.
            let size = if order == LOADED { 1 } else { 500 };
            let size = size.min(count - expected);
            let lines = (expected..expected + size).map(line).collect();
            store.append(order, expected, lines).await?;
            expected += size;
        }
        left -= count;
        order += 1;
    }
    Ok(())
}
