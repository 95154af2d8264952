use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::id::{StreamId, TenantId};

/// Lets the tasks of this process take turns at an aggregate that they contend for. Fair, and only a courtesy: the
/// store's version check decides.
pub(super) struct Turns {
    places: Vec<Arc<Mutex<()>>>,
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: (0..64).map(|_| Arc::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Turns {
    pub(super) async fn take(&self, tenant: &TenantId, stream: &StreamId) -> OwnedMutexGuard<()> {
        let hash = self.hasher.hash_one((tenant, stream));
        let place = usize::try_from(hash % 64).unwrap_or_default();
        Arc::clone(&self.places[place]).lock_owned().await
    }
}
