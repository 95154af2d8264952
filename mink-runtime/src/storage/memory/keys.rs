use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{MemoryStore, now};
use crate::id::TenantId;
use crate::storage::{KeyDigest, Keys, NewReservation, Reservation, StorageError, StoredAnswer};

impl Keys for MemoryStore {
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>> {
        Box::pin(async move { self.write(|data| data.reserve_key(reservation, now())) })
    }

    fn release_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move { self.write(|data| data.release_key(tenant, key, owner)) })
    }

    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>> {
        Box::pin(async move { self.read(|data| data.answer_of(tenant, key, now())) })
    }

    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>> {
        Box::pin(async move { self.write(|data| data.sweep_keys(limit, now()) as u64) })
    }
}
