//! Keys, snapshots and changes of streams, as the fault has them.

use std::time::Duration;

use futures_util::future::BoxFuture;
use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{
    Change, ExpectedVersion, Fingerprint, KeyDigest, Keys, Lifecycle, LifecycleError,
    NewReservation, Reservation, Snapshot, SnapshotPage, Snapshots, StorageError, StoredAnswer,
    StreamChange, StreamChanged, StreamQuery,
};
use uuid::Uuid;

use super::{BrokenStore, Fault};

const ONE_FOR_ALL: Fingerprint = Fingerprint([0; 32]);

impl BrokenStore {
    fn bent_tenant(&self, tenant: &TenantId) -> TenantId {
        match self.fault {
            Fault::IgnoresTheTenantOfAKey => TenantId::default(),
            _ => tenant.clone(),
        }
    }
}

impl Keys for BrokenStore {
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>> {
        Box::pin(async move {
            let mut wish = reservation.clone();
            wish.tenant = self.bent_tenant(&wish.tenant);
            if self.fault == Fault::KeepsKeysForEver {
                wish.hold_for = Duration::MAX;
            }
            let answer = self.inner.reserve_key(&wish).await?;
            Ok(match answer {
                Reservation::Held { .. } if self.fault == Fault::ReservesForEverybody => {
                    Reservation::Reserved
                }
                answer => answer,
            })
        })
    }

    fn release_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let tenant = self.bent_tenant(tenant);
            let released = self.inner.release_key(&tenant, key, owner).await?;
            Ok(released || self.fault == Fault::LetsAnybodyRelease)
        })
    }

    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>> {
        Box::pin(async move {
            let tenant = self.bent_tenant(tenant);
            self.inner.answer_of(&tenant, key).await
        })
    }

    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>> {
        if self.fault == Fault::SweepsNothing {
            return Box::pin(async { Ok(0) });
        }
        self.inner.sweep_keys(limit)
    }
}

impl Snapshots for BrokenStore {
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        Box::pin(async move {
            match self.fault {
                Fault::TakesAnySnapshot => {
                    let mut read = self.inner.read_from_snapshot(query, &ONE_FOR_ALL).await?;
                    if let Some(snapshot) = &mut read.snapshot {
                        snapshot.fingerprint = *fingerprint;
                    }
                    Ok(read)
                }
                Fault::GivesASnapshotBeyondTheWindow => {
                    let wide = StreamQuery {
                        to: u64::MAX,
                        ..query.clone()
                    };
                    let mut read = self.inner.read_from_snapshot(&wide, fingerprint).await?;
                    read.page.events.retain(|event| event.version <= query.to);
                    Ok(read)
                }
                _ => self.inner.read_from_snapshot(query, fingerprint).await,
            }
        })
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let mut snapshot = snapshot.clone();
            match self.fault {
                Fault::TakesAnySnapshot => snapshot.fingerprint = ONE_FOR_ALL,
                Fault::PrefersTheLastSnapshot => {
                    let (tenant, stream) = (&snapshot.tenant, Some(&snapshot.stream));
                    self.inner.delete_snapshots(tenant, stream).await?;
                }
                _ => {}
            }
            self.inner.save_snapshot(&snapshot).await
        })
    }

    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        self.inner.delete_snapshots(tenant, stream)
    }
}

impl Lifecycle for BrokenStore {
    fn change_stream<'a>(
        &'a self,
        change: &'a StreamChange,
    ) -> BoxFuture<'a, Result<StreamChanged, LifecycleError>> {
        Box::pin(async move {
            let mut wish = change.clone();
            match (self.fault, &change.change) {
                (Fault::ChangesWhateverTheVersion, _) => wish.expected = ExpectedVersion::Any,
                (Fault::TruncatesWhatItArchives, Change::Archive { before, .. }) => {
                    wish.change = Change::TruncateBefore(*before);
                }
                _ => {}
            }
            let answer = self.inner.change_stream(&wish).await;
            match (&answer, &mut wish.change) {
                (Err(LifecycleError::RowsDiffer { found, .. }), Change::Archive { events, .. })
                    if self.fault == Fault::ArchivesWithoutCounting =>
                {
                    *events = *found;
                    self.inner.change_stream(&wish).await
                }
                _ => answer,
            }
        })
    }
}
