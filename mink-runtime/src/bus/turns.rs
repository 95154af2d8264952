use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::id::{StreamId, TenantId};

type Key = (TenantId, StreamId);
type Places = HashMap<Key, Arc<tokio::sync::Mutex<()>>>;

/// Lets the tasks of this process take turns at an aggregate that they contend for, first come first served. Only a
/// courtesy, which spares attempts that would lose: the store's version check decides.
///
/// Holds an entry only for aggregates that are contended for right now.
#[derive(Default)]
pub(super) struct Turns {
    places: Mutex<Places>,
}

impl Turns {
    /// Waits for a turn when others contend for this aggregate; `None` at once when nobody does.
    pub(super) async fn join(&self, tenant: &TenantId, stream: &StreamId) -> Option<Turn<'_>> {
        let key = {
            let places = self.places();
            if places.is_empty() {
                return None;
            }
            let key = (tenant.clone(), stream.clone());
            places.contains_key(&key).then_some(key)
        };
        match key {
            Some(key) => Some(self.wait(key).await),
            None => None,
        }
    }

    /// Waits for a turn, and makes those who come after wait for theirs.
    pub(super) async fn take(&self, tenant: &TenantId, stream: &StreamId) -> Turn<'_> {
        self.wait((tenant.clone(), stream.clone())).await
    }

    async fn wait(&self, key: Key) -> Turn<'_> {
        let place = Arc::clone(self.places().entry(key.clone()).or_default());
        // made before the wait, so that a waiter that is dropped leaves no entry behind
        let mut turn = Turn {
            turns: self,
            key,
            guard: None,
        };
        turn.guard = Some(place.lock_owned().await);
        turn
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to try next. Given back when dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    key: Key,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn<'_> {
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
