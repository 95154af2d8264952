use futures_util::future::BoxFuture;
use mink_runtime::id::TenantId;
use mink_runtime::storage::{
    KeyDigest, Keys, NewReservation, Reservation, StorageError, StoredAnswer,
};
use uuid::Uuid;

use super::PostgresStore;

impl Keys for PostgresStore {
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.keys.reserve(reservation).await
        })
    }

    fn release_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.keys.release(tenant, key, owner).await
        })
    }

    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.keys.answer_of(tenant, key).await
        })
    }

    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>> {
        Box::pin(async move {
            self.check_open()?;
            self.inner.core.keys.sweep(limit).await
        })
    }
}
