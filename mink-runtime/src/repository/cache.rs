//! Aggregates that were dispatched to lately, kept in memory as their last commit left them.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Loaded;
use crate::aggregate::Aggregate;
use crate::id::{StreamId, TenantId};
use crate::observe::{CacheUse, Observer};

/// How long a dispatch waits for another one to give the aggregate back before it loads one of its own.
const QUEUE: Duration = Duration::from_secs(1);

type Key = (TenantId, StreamId);

/// The place of one aggregate: empty while it is taken out, and after anything that left it in doubt. Its lock is the
/// queue of those who want it.
type Slot = Arc<Mutex<Option<Box<dyn Any + Send + Sync>>>>;

/// The right to the place of one aggregate.
pub(super) type Place = OwnedMutexGuard<Option<Box<dyn Any + Send + Sync>>>;

/// What to do when another dispatch of this process has taken the aggregate out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenTaken {
    /// Wait until it is given back; after a second, load another one.
    Wait,
    /// Load another one at once: for a dispatch within a handler, which may itself have taken it out.
    LoadAnother,
}

/// What the cache of aggregates did since the application was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStats {
    /// How many aggregates it holds.
    pub entries: u64,
    /// Dispatches that found their aggregate in it.
    pub hits: u64,
    /// Dispatches that read their aggregate from the store.
    pub misses: u64,
    /// Decisions to do nothing, taken on a cached state, that were confirmed by reading the tail.
    pub confirmed: u64,
    /// Decisions to do nothing, taken on a cached state, that were taken again because another process had moved it.
    pub outdated: u64,
}

/// Counts what has to make room.
#[derive(Clone)]
struct Evictions(Observer);

impl Lifecycle<Key, Slot> for Evictions {
    /// What goes is dropped when the cache's lock is free again.
    type RequestState = Vec<Slot>;

    fn on_evict(&self, gone: &mut Vec<Slot>, _: Key, slot: Slot) {
        self.0.cache(CacheUse::Evicted);
        gone.push(slot);
    }
}

/// A bounded number of aggregates.
pub(super) struct AggregateCache {
    slots: Option<Cache<Key, Slot, UnitWeighter, DefaultHashBuilder, Evictions>>,
    observer: Observer,
    hits: AtomicU64,
    misses: AtomicU64,
    confirmed: AtomicU64,
    outdated: AtomicU64,
}

impl AggregateCache {
    /// A cache of so many aggregates; none at 0.
    pub(super) fn new(entries: usize, observer: Observer) -> Self {
        let slots = || {
            Cache::with(
                entries,
                entries as u64,
                UnitWeighter,
                DefaultHashBuilder::default(),
                Evictions(observer.clone()),
            )
        };
        Self {
            slots: (entries > 0).then(slots),
            observer,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            outdated: AtomicU64::new(0),
        }
    }

    /// The place of this aggregate; `None` when it is not cached, and when another dispatch holds it too long.
    pub(super) async fn place<A: Aggregate>(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        taken: WhenTaken,
    ) -> Option<Place> {
        let slots = self.slots.as_ref().filter(|_| A::CACHE)?;
        let key = (tenant.clone(), stream.clone());
        let Ok(slot) =
            slots.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Slot::default()));
        if let Ok(place) = Arc::clone(&slot).try_lock_owned() {
            return Some(place);
        }
        match taken {
            WhenTaken::Wait => tokio::time::timeout(QUEUE, slot.lock_owned()).await.ok(),
            WhenTaken::LoadAnother => None,
        }
    }

    /// Takes out what the place holds.
    pub(super) fn take<A: Aggregate>(&self, place: Option<&mut Place>) -> Option<Box<Loaded<A>>> {
        let place = place?;
        let loaded = place.take().and_then(|any| any.downcast().ok());
        let (counter, outcome) = if loaded.is_some() {
            (&self.hits, CacheUse::Hit)
        } else {
            (&self.misses, CacheUse::Miss)
        };
        self.observer.cache(outcome);
        counter.fetch_add(1, Ordering::Relaxed);
        loaded
    }

    /// Forgets an aggregate: also one that is taken out now will not be kept.
    pub(super) fn forget(&self, tenant: &TenantId, stream: &StreamId) {
        if let Some(slots) = &self.slots {
            slots.remove(&(tenant.clone(), stream.clone()));
        }
    }

    /// Notes that a decision to do nothing was compared with the store.
    pub(super) fn compared(&self, moved: bool) {
        let (counter, outcome) = if moved {
            (&self.outdated, CacheUse::Outdated)
        } else {
            (&self.confirmed, CacheUse::Confirmed)
        };
        self.observer.cache(outcome);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stats(&self) -> CacheStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStats {
            entries: self.slots.as_ref().map_or(0, |slots| slots.len() as u64),
            hits: read(&self.hits),
            misses: read(&self.misses),
            confirmed: read(&self.confirmed),
            outdated: read(&self.outdated),
        }
    }
}
