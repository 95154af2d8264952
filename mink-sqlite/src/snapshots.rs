//! Snapshots: kept through the connection that writes, read beside the events.

use futures_util::future::BoxFuture;
use mink_runtime::id::{StreamId, TenantId};
use mink_runtime::storage::{
    Fingerprint, Snapshot, SnapshotPage, Snapshots, StorageError, StreamQuery,
};

use crate::store::SqliteStore;

const SAVE: &str = include_str!("snapshots/save.sql");
const DELETE_ONE: &str = include_str!("snapshots/delete_one.sql");
const DELETE_ALL: &str = include_str!("snapshots/delete_all.sql");

impl Snapshots for SqliteStore {
    fn read_from_snapshot<'a>(
        &'a self,
        query: &'a StreamQuery,
        fingerprint: &'a Fingerprint,
    ) -> BoxFuture<'a, Result<SnapshotPage, StorageError>> {
        Box::pin(async move { self.reader()?.snapshot_page(query, fingerprint).await })
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> BoxFuture<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let snapshot = snapshot.clone();
            let saved = self
                .write(move |conn| {
                    Box::pin(async move {
                        let done = sqlx::query(SAVE)
                            .bind(snapshot.tenant.as_str())
                            .bind(snapshot.stream.as_str())
                            .bind(i64::try_from(snapshot.version).unwrap_or(i64::MAX))
                            .bind(snapshot.fingerprint.0.as_slice())
                            .bind(snapshot.format.name())
                            .bind(snapshot.taken_at.timestamp_micros())
                            .bind(&*snapshot.payload)
                            .execute(conn)
                            .await?;
                        Ok(done.rows_affected())
                    })
                })
                .await?;
            Ok(saved > 0)
        })
    }

    fn delete_snapshots<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: Option<&'a StreamId>,
    ) -> BoxFuture<'a, Result<u64, StorageError>> {
        Box::pin(async move {
            let (tenant, stream) = (tenant.clone(), stream.cloned());
            self.write(move |conn| {
                Box::pin(async move {
                    let query = match &stream {
                        Some(stream) => sqlx::query(DELETE_ONE)
                            .bind(tenant.as_str())
                            .bind(stream.as_str()),
                        None => sqlx::query(DELETE_ALL).bind(tenant.as_str()),
                    };
                    Ok(query.execute(conn).await?.rows_affected())
                })
            })
            .await
        })
    }
}
