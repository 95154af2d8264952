//! Idempotency keys outside of commits: reserving, giving back, looking up, sweeping.
//!
//! The clock is this process's: all who share the file are on one machine.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use futures_util::future::BoxFuture;
use mink_runtime::id::{CommitId, TenantId};
use mink_runtime::storage::{
    KeyDigest, Keys, NewReservation, Reservation, StorageError, StoredAnswer, instant_after,
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::row::{Whose, column, damaged};
use crate::store::SqliteStore;
use crate::writer::{begin, commit};

const RESERVE: &str = include_str!("keys/reserve.sql");
const SELECT: &str = include_str!("keys/select.sql");
const RELEASE: &str = include_str!("keys/release.sql");
const SWEEP: &str = include_str!("keys/sweep.sql");

/// This process's clock, as the store counts.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// When what begins at `from` is over.
pub(crate) fn until(from: DateTime<Utc>, later: Duration) -> DateTime<Utc> {
    instant_after(from, later).trunc_subsecs(6)
}

/// A row of `mink_keys`.
pub(crate) struct StoredKey {
    command: String,
    fingerprint: [u8; 32],
    recorded_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) holder: Holder,
}

/// Whose the key is.
pub(crate) enum Holder {
    /// It is reserved.
    Owner(Uuid),
    /// It is answered.
    Commit {
        /// By which commit.
        id: CommitId,
        /// How.
        answer: Bytes,
    },
}

impl StoredKey {
    /// From a row that begins with the columns of `select.sql`.
    pub(crate) fn of(row: &SqliteRow, key: KeyDigest) -> Result<Self, StorageError> {
        let whose = Whose::Key(key);
        let instant = |index, name| {
            DateTime::from_timestamp_micros(column(row, index, name, whose)?)
                .ok_or_else(|| damaged(whose, &format!("`{name}` is out of range")))
        };
        let uuid = |index, name| {
            Uuid::from_slice(column(row, index, name, whose)?)
                .map_err(|_| damaged(whose, &format!("`{name}` is not a UUID of 16 bytes")))
        };
        let fingerprint: &[u8] = column(row, 1, "fingerprint", whose)?;
        let answer: Option<Vec<u8>> = column(row, 6, "answer", whose)?;
        Ok(Self {
            command: column(row, 0, "command", whose)?,
            fingerprint: fingerprint
                .try_into()
                .map_err(|_| damaged(whose, "its fingerprint is not 32 bytes"))?,
            recorded_at: instant(2, "recorded_at")?,
            expires_at: instant(3, "expires_at")?,
            holder: match answer {
                None => Holder::Owner(uuid(4, "owner")?),
                Some(answer) => Holder::Commit {
                    id: CommitId(uuid(5, "commit_id")?),
                    answer: answer.into(),
                },
            },
        })
    }

    pub(crate) fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }

    pub(crate) fn is_reserved_by(&self, mine: Uuid) -> bool {
        matches!(self.holder, Holder::Owner(owner) if owner == mine)
    }

    /// The answer, unless the key is only reserved.
    pub(crate) fn answer(&self) -> Option<StoredAnswer> {
        match &self.holder {
            Holder::Owner(_) => None,
            Holder::Commit { answer, .. } => Some(StoredAnswer {
                command: self.command.clone(),
                fingerprint: self.fingerprint,
                answer: answer.clone(),
                recorded_at: self.recorded_at,
                expires_at: self.expires_at,
            }),
        }
    }
}

impl Keys for SqliteStore {
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>> {
        Box::pin(async move {
            let wish = reservation.clone();
            let row = self
                .write(move |conn| {
                    Box::pin(async move {
                        begin(conn).await?;
                        let now = now();
                        sqlx::query(RESERVE)
                            .bind(wish.tenant.as_str())
                            .bind(wish.key.0.as_slice())
                            .bind(&*wish.command)
                            .bind(wish.fingerprint.as_slice())
                            .bind(now.timestamp_micros())
                            .bind(until(now, wish.hold_for).timestamp_micros())
                            .bind(wish.owner.as_bytes().as_slice())
                            .execute(&mut *conn)
                            .await?;
                        let row = sqlx::query(SELECT)
                            .bind(wish.tenant.as_str())
                            .bind(wish.key.0.as_slice())
                            .fetch_one(&mut *conn)
                            .await?;
                        commit(conn).await?;
                        Ok(row)
                    })
                })
                .await?;
            let stored = StoredKey::of(&row, reservation.key)?;
            Ok(if stored.is_reserved_by(reservation.owner) {
                Reservation::Reserved
            } else {
                match stored.answer() {
                    Some(answer) => Reservation::Answered(answer),
                    None => Reservation::Held {
                        fingerprint: stored.fingerprint,
                        until: stored.expires_at,
                    },
                }
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
            let tenant = tenant.clone();
            let released = self
                .write(move |conn| {
                    Box::pin(async move {
                        let done = sqlx::query(RELEASE)
                            .bind(tenant.as_str())
                            .bind(key.0.as_slice())
                            .bind(owner.as_bytes().as_slice())
                            .execute(conn)
                            .await?;
                        Ok(done.rows_affected())
                    })
                })
                .await?;
            Ok(released > 0)
        })
    }

    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>> {
        Box::pin(async move {
            let row = self.reader()?.key(SELECT, tenant, key).await?;
            let Some(row) = row else { return Ok(None) };
            let stored = StoredKey::of(&row, key)?;
            Ok(stored.answer().filter(|_| !stored.is_over(now())))
        })
    }

    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>> {
        Box::pin(async move {
            let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
            self.write(move |conn| {
                Box::pin(async move {
                    let done = sqlx::query(SWEEP)
                        .bind(now().timestamp_micros())
                        .bind(limit)
                        .execute(conn)
                        .await?;
                    Ok(done.rows_affected())
                })
            })
            .await
        })
    }
}
