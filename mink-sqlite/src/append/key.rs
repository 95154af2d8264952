//! The idempotency keys of a batch: looked up in one statement, and not at all when no commit has one.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use mink_runtime::id::CommitId;
use mink_runtime::storage::{Commit, CommitError, IdempotencyRecord, KeyDigest, StorageError};
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Row, SqliteConnection};

use crate::keys::{Holder, StoredKey, now, until};

const SELECT_KEYS: &str = include_str!("select_keys.sql");

/// What stands under the keys of a batch.
pub(super) struct Keys {
    now: DateTime<Utc>,
    /// A row that is damaged is the fault of the commits that bring its key, and of no other.
    stored: HashMap<(String, KeyDigest), Result<StoredKey, Arc<StorageError>>>,
}

impl Keys {
    /// Looks them up, in the transaction, whose clock this is.
    pub(super) async fn of(
        conn: &mut SqliteConnection,
        batch: &[Arc<Commit>],
    ) -> Result<Self, sqlx::Error> {
        let wanted: Vec<(&str, String)> = batch
            .iter()
            .filter_map(|commit| commit.idempotency.as_ref())
            .map(|record| (record.tenant.as_str(), hex(record.key)))
            .collect();
        let mut keys = Self {
            now: now(),
            stored: HashMap::new(),
        };
        if wanted.is_empty() {
            return Ok(keys);
        }
        let wanted =
            serde_json::to_string(&wanted).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let rows = sqlx::query(SELECT_KEYS)
            .bind(wanted)
            .fetch_all(&mut *conn)
            .await?;
        for row in &rows {
            let key = row.try_get::<&[u8], _>(8)?.try_into();
            let key = KeyDigest(key.map_err(|_| damaged("its digest is not 32 bytes"))?);
            let stored = StoredKey::of(row, key).map_err(Arc::new);
            keys.stored.insert((row.try_get(7)?, key), stored);
        }
        Ok(keys)
    }

    fn stored(&self, record: &IdempotencyRecord) -> Result<Option<&StoredKey>, CommitError> {
        if self.stored.is_empty() {
            return Ok(None);
        }
        let row = self
            .stored
            .get(&(record.tenant.as_str().to_owned(), record.key));
        row.map(Result::as_ref)
            .transpose()
            .map_err(|damaged| CommitError::Other(damaged.clone()))
    }

    /// Whether the commit has a key and may not take it.
    pub(super) fn is_taken(&self, commit: &Commit) -> bool {
        self.check(commit).is_err()
    }

    /// Whether the commit, which has no events to tell it by, is the one that answered its key.
    pub(super) fn recognise(&self, commit: &Commit) -> bool {
        let Some(record) = commit.idempotency.as_ref() else {
            return false;
        };
        commit.appends.is_empty()
            && self.stored(record).is_ok_and(|stored| {
                stored.is_some_and(|stored| {
                    !stored.is_over(self.now)
                        && matches!(&stored.holder, Holder::Commit { id, .. } if *id == commit.id)
                })
            })
    }

    /// Whether the commit may take its key, when it has one.
    pub(super) fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        let Some(record) = &commit.idempotency else {
            return Ok(());
        };
        let stored = self.stored(record)?;
        let live = stored.filter(|stored| !stored.is_over(self.now));
        if let Some(answer) = live.and_then(StoredKey::answer) {
            return Err(CommitError::Answered(Box::new(answer)));
        }
        match record.owner {
            None => live.map_or(Ok(()), |held| {
                Err(CommitError::KeyHeld {
                    until: held.expires_at,
                })
            }),
            Some(owner) if stored.is_some_and(|stored| stored.is_reserved_by(owner)) => Ok(()),
            Some(_) => Err(CommitError::ReservationLost),
        }
    }

    /// The row that keeps the commit's answer, when it has a key.
    pub(super) fn row<'a>(&self, commit: &'a Commit) -> Option<KeyRow<'a>> {
        let record = commit.idempotency.as_ref()?;
        Some(KeyRow {
            record,
            commit: commit.id,
            now: self.now,
        })
    }
}

/// One row of `mink_keys`.
pub(super) struct KeyRow<'a> {
    record: &'a IdempotencyRecord,
    commit: CommitId,
    now: DateTime<Utc>,
}

impl KeyRow<'_> {
    /// Binds the row, in the order of `upsert_keys.sql`.
    pub(super) fn bind(&self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        let record = self.record;
        arguments.add(record.tenant.as_str())?;
        arguments.add(record.key.0.as_slice())?;
        arguments.add(&*record.command)?;
        arguments.add(record.fingerprint.as_slice())?;
        arguments.add(self.now.timestamp_micros())?;
        arguments.add(until(self.now, record.keep_for).timestamp_micros())?;
        arguments.add(self.commit.0.as_bytes().as_slice())?;
        arguments.add(record.answer.to_vec())
    }
}

fn hex(key: KeyDigest) -> String {
    key.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn damaged(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
