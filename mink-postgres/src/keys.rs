//! Idempotency keys besides those that are answered by a commit. Each call is one round trip.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mink_runtime::id::TenantId;
use mink_runtime::storage::{KeyDigest, NewReservation, Reservation, StorageError, StoredAnswer};
use uuid::Uuid;

use crate::connections::Connections;
use crate::read::{fetch, fetch_once, page};
use crate::row::{Columns, Whose, damaged};
use crate::schema::{Schema, Sql};

const RESERVE: &str = include_str!("keys/reserve.sql");
const RELEASE: &str = include_str!("keys/release.sql");
const ANSWER_OF: &str = include_str!("keys/answer_of.sql");
const SWEEP: &str = include_str!("keys/sweep.sql");

pub(crate) struct KeyTable {
    connections: Arc<Connections>,
    reserve: Sql,
    release: Sql,
    answer_of: Sql,
    sweep: Sql,
}

/// A time to keep something for, as the database counts. What it cannot count to is some 240,000 years.
pub(crate) fn microseconds(time: Duration) -> i64 {
    const HOUR: i64 = 3_600_000_000;
    const FOR_EVER: i64 = i32::MAX as i64 * HOUR;
    i64::try_from(time.as_micros()).map_or(FOR_EVER, |micros| micros.min(FOR_EVER))
}

impl KeyTable {
    pub(crate) fn new(connections: Arc<Connections>, schema: &Schema) -> Self {
        Self {
            connections,
            reserve: schema.fill(RESERVE),
            release: schema.fill(RELEASE),
            answer_of: schema.fill(ANSWER_OF),
            sweep: schema.fill(SWEEP),
        }
    }

    pub(crate) async fn reserve(&self, wish: &NewReservation) -> Result<Reservation, StorageError> {
        // Made again for the same owner it has the same effect.
        let rows = fetch(&self.connections, &self.reserve, |statement| {
            statement
                .bind(wish.tenant.as_str())
                .bind(&wish.key.0[..])
                .bind(&*wish.command)
                .bind(&wish.fingerprint[..])
                .bind(wish.owner)
                .bind(microseconds(wish.hold_for))
        })
        .await?;
        let Some(row) = rows.first() else {
            return Ok(Reservation::Reserved);
        };
        let stored = Stored {
            columns: Columns::of(row),
            key: wish.key,
        };
        if stored.columns.is_null(0) {
            return Ok(Reservation::Held {
                fingerprint: stored.fingerprint()?,
                until: stored.time(5, "until")?,
            });
        }
        Ok(Reservation::Answered(stored.answer()?))
    }

    pub(crate) async fn release(
        &self,
        tenant: &TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> Result<bool, StorageError> {
        let rows = fetch_once(&self.connections, &self.release, |statement| {
            statement
                .bind(tenant.as_str())
                .bind(key.0.to_vec())
                .bind(owner)
        })
        .await?;
        Ok(!rows.is_empty())
    }

    pub(crate) async fn answer_of(
        &self,
        tenant: &TenantId,
        key: KeyDigest,
    ) -> Result<Option<StoredAnswer>, StorageError> {
        let rows = fetch(&self.connections, &self.answer_of, |statement| {
            statement.bind(tenant.as_str()).bind(key.0.to_vec())
        })
        .await?;
        rows.first()
            .map(|row| {
                let columns = Columns::of(row);
                Stored { columns, key }.answer()
            })
            .transpose()
    }

    pub(crate) async fn sweep(&self, limit: usize) -> Result<u64, StorageError> {
        let rows = fetch_once(&self.connections, &self.sweep, |statement| {
            statement.bind(page(limit))
        })
        .await?;
        rows.first().map_or(Ok(0), |row| {
            Columns::of(row).unsigned(0, "count", Whose::Keys)
        })
    }
}

/// A key's row: commit_id, command, fingerprint, answer, recorded_at, until.
struct Stored<'r> {
    columns: Columns<'r>,
    key: KeyDigest,
}

impl Stored<'_> {
    fn damaged(&self, column: &str) -> StorageError {
        let what = format!("column `{column}` is not what it should be");
        damaged(Whose::Key(self.key), &what)
    }

    fn fingerprint(&self) -> Result<[u8; 32], StorageError> {
        let bytes = self
            .columns
            .bytes(2)
            .and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| self.damaged("fingerprint"))
    }

    fn time(
        &self,
        index: usize,
        column: &str,
    ) -> Result<chrono::DateTime<chrono::Utc>, StorageError> {
        let time = self.columns.time(index);
        time.ok_or_else(|| self.damaged(column))
    }

    fn answer(&self) -> Result<StoredAnswer, StorageError> {
        let command = self
            .columns
            .text(1)
            .ok_or_else(|| self.damaged("command"))?;
        let answer = self
            .columns
            .bytes(3)
            .ok_or_else(|| self.damaged("answer"))?;
        Ok(StoredAnswer {
            command: command.to_owned(),
            fingerprint: self.fingerprint()?,
            answer: Bytes::copy_from_slice(answer),
            recorded_at: self.time(4, "recorded_at")?,
            expires_at: self.time(5, "until")?,
        })
    }
}
