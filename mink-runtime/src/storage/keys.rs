//! Idempotency keys: a command that arrives twice happens once.
//!
//! **Problem.** A client that got no answer sends its command again. **Mechanism.** How the command ended is an entry
//! of the [`Commit`] that makes it happen, under a key that only one commit can take. What has effects outside the store
//! reserves its key first. **Cost.** One row per key, in the same round trip as the events; one round trip more for a
//! reservation. **What the caller must do.** Call [`Keys::sweep_keys`] now and then, and compare fingerprints: a key
//! that comes with another command than the first time is the client's mistake.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::StorageError;
#[cfg(doc)]
use super::{Commit, CommitError};
use crate::id::TenantId;

/// An idempotency key as a store knows it: the SHA-256 of its text. Keys of any length fit, and none is kept in clear.
///
/// It displays as its first 8 hexadecimal digits, enough to find it in a log.
///
/// ```
/// use mink_runtime::storage::KeyDigest;
///
/// let key = KeyDigest::of("request 4711");
/// assert_eq!(key, KeyDigest::of("request 4711"));
/// assert_eq!(key.to_string().len(), 8);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDigest(pub [u8; 32]);

impl KeyDigest {
    /// The digest of a key's text.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyDigest({self})")
    }
}

/// How a command ended, kept under its key: an entry of a [`Commit`], durable with the commit's events or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Whose key. Equal keys of two tenants never meet.
    pub tenant: TenantId,
    /// Which key.
    pub key: KeyDigest,
    /// The name of the command.
    pub command: Cow<'static, str>,
    /// Of the command's name and payload: the same key with another one is the client's mistake. Stores keep it and do
    /// not compare it.
    pub fingerprint: [u8; 32],
    /// How the command ended. Stores keep it byte for byte and do not look into it.
    pub answer: Bytes,
    /// How long the answer is kept, by the store's clock, from the commit on. What no clock can count to is for ever.
    pub keep_for: Duration,
    /// The reservation that the commit completes; `None` when nothing was reserved.
    pub owner: Option<Uuid>,
}

/// A kept answer, as a store gives it back.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The name of the command that it answers.
    pub command: String,
    /// Of that command's name and payload.
    pub fingerprint: [u8; 32],
    /// How it ended, byte for byte as it was committed.
    pub answer: Bytes,
    /// When it was committed, by the store's clock, to the microsecond.
    pub recorded_at: DateTime<Utc>,
    /// When it stops counting, by the store's clock, to the microsecond.
    pub expires_at: DateTime<Utc>,
}

/// A wish to be the only one who works under a key for a while.
#[derive(Clone, PartialEq, Eq)]
pub struct NewReservation {
    /// Whose key.
    pub tenant: TenantId,
    /// Which key.
    pub key: KeyDigest,
    /// The name of the command.
    pub command: Cow<'static, str>,
    /// Of the command's name and payload.
    pub fingerprint: [u8; 32],
    /// Names this attempt. Made anew for each, so that who was taken over cannot finish in another's place.
    pub owner: Uuid,
    /// How long it holds, by the store's clock, from now on. Longer than the work takes, far shorter than an answer is
    /// kept: after a crash the key stays blocked for what is left of it.
    pub hold_for: Duration,
}

/// What became of a wish to reserve a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// The key is the owner's until its time is over.
    Reserved,
    /// Another owner works under it.
    Held {
        /// Of the other's command.
        fingerprint: [u8; 32],
        /// When its reservation lapses, by the store's clock.
        until: DateTime<Utc>,
    },
    /// The command has ended already.
    Answered(StoredAnswer),
}

/// A place that keeps idempotency keys. Every store does.
///
/// A key is free, reserved by an owner until a time, or answered until a time. An answer that has expired counts as no
/// answer, and a reservation that has lapsed may be taken over, whether they were swept or not: at the instant
/// `expires_at` or `until` itself, they are over. A `keep_for` or `hold_for` of zero is over at once.
///
/// **Clock.** The store's own counts; for one with a server, that is the server's, so that the nodes' clocks may
/// differ. **Atomicity.** Two calls for one key, from any nodes, have the effect of one after the other; of several
/// wishes to reserve a free key one is `Reserved`.
///
/// # Keyed commits
///
/// An answer is recorded by no method of this trait but by [`Storage::commit`](super::Storage::commit), with
/// [`Commit::idempotency`]. Inside a commit the checks have this order:
///
/// 1. The value's own resubmission is recognised: by its events' ids, and when it has no events by the commit's id,
///    which is kept with the answer. `Ok`, [`recognised`](super::Committed::recognised).
/// 2. The key is answered: [`CommitError::Answered`].
/// 3. With [`owner`](IdempotencyRecord::owner) `None`: somebody's reservation has not lapsed:
///    [`CommitError::KeyHeld`]. One that has lapsed is taken over. With an owner: the key is free or another's:
///    [`CommitError::ReservationLost`]. An own reservation that has lapsed is as good as ever, as long as nobody has
///    taken it over or swept it.
/// 4. Event ids, deleted streams, versions.
///
/// So a command that lost a race hears how the winner ended, not that versions conflict. A commit that is not done
/// records nothing, and leaves a reservation as it was. A key that another transaction is writing at the same time is
/// never waited for: [`CommitError::Busy`].
pub trait Keys: Send + Sync {
    /// Reserves a key, unless it is answered or another owner's. A key whose answer has expired or whose reservation
    /// has lapsed is taken over. The same owner again: `Reserved`, with everything as given now, the time included.
    ///
    /// When the answer of this call is lost, make it again with the same owner.
    ///
    /// # Errors
    /// When the store cannot be reached or written; the key may be reserved then.
    fn reserve_key<'a>(
        &'a self,
        reservation: &'a NewReservation,
    ) -> BoxFuture<'a, Result<Reservation, StorageError>>;

    /// Gives a key back without an answer: `true` when it was reserved by this owner, lapsed or not, and is free now.
    /// Touches no answer and nobody else's reservation.
    ///
    /// # Errors
    /// When the store cannot be reached or written.
    fn release_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
        owner: Uuid,
    ) -> BoxFuture<'a, Result<bool, StorageError>>;

    /// The answer under a key, unless there is none or it has expired.
    ///
    /// # Errors
    /// When the store cannot be reached.
    fn answer_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: KeyDigest,
    ) -> BoxFuture<'a, Result<Option<StoredAnswer>, StorageError>>;

    /// Deletes at most `limit` answers that have expired and reservations that have lapsed, of every tenant; gives back
    /// how many. Fewer than `limit`: there are no more. A limit of 0 is taken as 1. Several nodes may sweep at once.
    ///
    /// # Errors
    /// When the store cannot be reached or written.
    fn sweep_keys(&self, limit: usize) -> BoxFuture<'_, Result<u64, StorageError>>;
}

/// The instant that lies `later` after `from`; the end of time when no instant does. For adapters whose clock is this
/// process's.
#[must_use]
pub fn instant_after(from: DateTime<Utc>, later: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(later)
        .ok()
        .and_then(|later| from.checked_add_signed(later))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

// What a command answered may be personal, and these values end up in errors and logs.
impl fmt::Debug for IdempotencyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyRecord")
            .field("tenant", &self.tenant)
            .field("key", &self.key)
            .field("command", &self.command)
            .field("answer_bytes", &self.answer.len())
            .field("keep_for", &self.keep_for)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredAnswer")
            .field("command", &self.command)
            .field("answer_bytes", &self.answer.len())
            .field("recorded_at", &self.recorded_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewReservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewReservation")
            .field("tenant", &self.tenant)
            .field("key", &self.key)
            .field("command", &self.command)
            .field("owner", &self.owner)
            .field("hold_for", &self.hold_for)
            .finish_non_exhaustive()
    }
}
