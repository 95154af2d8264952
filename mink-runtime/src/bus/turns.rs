use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::id::TenantId;

type Key<K> = (TenantId, K);
type Places<K> = HashMap<Key<K>, Arc<tokio::sync::Mutex<()>>>;

/// Lets the tasks of this process take turns at a thing that they contend for, an aggregate or an idempotency key, first
/// come first served. Only a courtesy, which spares attempts that would lose: the store decides.
///
/// Holds an entry only for things that are contended for right now.
pub(super) struct Turns<K: Hash + Eq> {
    places: Mutex<Places<K>>,
}

impl<K: Hash + Eq> Default for Turns<K> {
    fn default() -> Self {
        Self {
            places: Mutex::default(),
        }
    }
}

impl<K: Clone + Hash + Eq> Turns<K> {
    /// Waits for a turn when others contend for this aggregate; `None` at once when nobody does.
    pub(super) async fn join(&self, tenant: &TenantId, at: &K) -> Option<Turn<'_, K>> {
        let key = {
            let places = self.places();
            if places.is_empty() {
                return None;
            }
            let key = (tenant.clone(), at.clone());
            places.contains_key(&key).then_some(key)
        };
        match key {
            Some(key) => Some(self.wait(key).await),
            None => None,
        }
    }

    /// Waits for a turn, and makes those who come after wait for theirs.
    pub(super) async fn take(&self, tenant: &TenantId, at: &K) -> Turn<'_, K> {
        self.wait((tenant.clone(), at.clone())).await
    }

    async fn wait(&self, key: Key<K>) -> Turn<'_, K> {
        let place = Arc::clone(self.places().entry(key.clone()).or_default());
        // made before the wait, so that a waiter that is dropped leaves no entry behind
        let mut turn = Turn {
            turns: self,
            key,
            guard: None,
            waited: false,
        };
        turn.guard = match Arc::clone(&place).try_lock_owned() {
            Ok(guard) => Some(guard),
            Err(_) => {
                turn.waited = true;
                Some(place.lock_owned().await)
            }
        };
        turn
    }

    fn places(&self) -> MutexGuard<'_, Places<K>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to try next. Given back when dropped.
pub(super) struct Turn<'a, K: Clone + Hash + Eq> {
    turns: &'a Turns<K>,
    key: Key<K>,
    guard: Option<OwnedMutexGuard<()>>,
    waited: bool,
}

impl<K: Clone + Hash + Eq> Turn<'_, K> {
    /// Whether somebody else had a turn first.
    pub(super) fn waited(&self) -> bool {
        self.waited
    }
}

impl<K: Clone + Hash + Eq> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        self.guard = None;
        let mut places = self.turns.places();
        if places
            .get(&self.key)
            .is_some_and(|place| Arc::strong_count(place) == 1)
        {
            places.remove(&self.key);
        }
    }
}
