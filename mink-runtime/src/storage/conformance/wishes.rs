//! Short words for keys, snapshots and changes of streams.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::ground::{Ground, time};
use crate::id::StreamId;
use crate::storage::{
    Change, Commit, CommitError, Committed, ExpectedVersion, Fingerprint, Format,
    IdempotencyRecord, KeyDigest, LifecycleError, NewEvent, NewReservation, Reservation, Snapshot,
    SnapshotPage, StoredAnswer, StreamChange, StreamChanged, StreamInfo, StreamQuery,
};

/// Longer than any rule takes.
pub(super) const LONG: Duration = Duration::from_secs(3600);

/// Over before anybody can look.
pub(super) const OVER: Duration = Duration::ZERO;

pub(super) fn owner(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn fingerprint(number: u8) -> Fingerprint {
    Fingerprint([number; 32])
}

/// What a command is, in a rule: a byte that fills its fingerprint.
const COMMAND: u8 = 7;

impl Ground {
    pub(super) fn record(&self, key: &str, answer: &[u8], keep_for: Duration) -> IdempotencyRecord {
        IdempotencyRecord {
            tenant: self.tenant.clone(),
            key: KeyDigest::of(key),
            command: "PlaceOrder".into(),
            fingerprint: [COMMAND; 32],
            answer: Bytes::copy_from_slice(answer),
            keep_for,
            owner: None,
        }
    }

    /// A commit of one append under a key, whose answer is the key's own text.
    pub(super) fn keyed(
        &self,
        key: &str,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Arc<Commit> {
        let append = self.append(stream, expected, events);
        let record = self.record(key, key.as_bytes(), LONG);
        Arc::new(Commit::new(vec![append]).with_idempotency(record))
    }

    pub(super) fn reservation(&self, key: &str, owner: Uuid, hold_for: Duration) -> NewReservation {
        NewReservation {
            tenant: self.tenant.clone(),
            key: KeyDigest::of(key),
            command: "PlaceOrder".into(),
            fingerprint: [COMMAND; 32],
            owner,
            hold_for,
        }
    }

    pub(super) async fn reserve(&self, wish: &NewReservation) -> Reservation {
        let answer = self.store.reserve_key(wish).await;
        answer.unwrap_or_else(|error| panic!("a key can be reserved: {error}"))
    }

    pub(super) async fn release(&self, key: &str, owner: Uuid) -> bool {
        let key = KeyDigest::of(key);
        let answer = self.store.release_key(&self.tenant, key, owner).await;
        answer.unwrap_or_else(|error| panic!("a key can be released: {error}"))
    }

    pub(super) async fn answer_of(&self, key: &str) -> Option<StoredAnswer> {
        let answer = self.store.answer_of(&self.tenant, KeyDigest::of(key)).await;
        answer.unwrap_or_else(|error| panic!("a key can be looked up: {error}"))
    }

    /// The key holds this answer, kept for an hour.
    pub(super) async fn expect_answer(&self, key: &str, answer: &[u8], promise: &str) {
        let stored = self.answer_of(key).await;
        let stored = stored.unwrap_or_else(|| panic!("{promise}: the key is answered"));
        same_answer(&stored, answer, promise);
    }

    pub(super) async fn expect_free(&self, key: &str, promise: &str) {
        assert_eq!(
            self.answer_of(key).await,
            None,
            "{promise}: the key has no answer"
        );
    }

    pub(super) fn snapshot(&self, stream: &StreamId, version: u64, shape: u8) -> Snapshot {
        Snapshot {
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            version,
            fingerprint: fingerprint(shape),
            format: Format::Binary("state".into()),
            payload: Bytes::from(format!("\0state at {version} of shape {shape}")),
            taken_at: time(1_700_000_000_000_001),
        }
    }

    pub(super) async fn save(&self, snapshot: &Snapshot) -> bool {
        let saved = self.store.save_snapshot(snapshot).await;
        saved.unwrap_or_else(|error| panic!("a snapshot can be saved: {error}"))
    }

    pub(super) async fn read_on(&self, query: &StreamQuery, shape: u8) -> SnapshotPage {
        let fingerprint = fingerprint(shape);
        let page = self.store.read_from_snapshot(query, &fingerprint).await;
        page.unwrap_or_else(|error| panic!("a stream can be read from its snapshot: {error}"))
    }

    pub(super) fn change(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        change: Change,
    ) -> StreamChange {
        StreamChange {
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            expected,
            change,
        }
    }

    /// Changes a stream at whatever version, again as long as it is busy.
    pub(super) async fn try_to(
        &self,
        stream: &StreamId,
        change: Change,
    ) -> Result<StreamChanged, LifecycleError> {
        let wish = self.change(stream, ExpectedVersion::Any, change);
        loop {
            match self.store.change_stream(&wish).await {
                Err(LifecycleError::Busy { .. }) => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                answer => return answer,
            }
        }
    }

    pub(super) async fn change_to(&self, stream: &StreamId, change: Change) -> StreamChanged {
        let said = format!("{change:?}");
        let answer = self.try_to(stream, change).await;
        answer.unwrap_or_else(|error| panic!("a stream can be changed, {said}: {error}"))
    }

    pub(super) async fn info(&self, stream: &StreamId) -> StreamInfo {
        let info = self.store.stream_info(&self.tenant, stream).await;
        info.unwrap_or_else(|error| panic!("a stream can be asked about: {error}"))
            .unwrap_or_else(|| panic!("stream {stream:?} exists"))
    }
}

pub(super) fn same_answer(stored: &StoredAnswer, answer: &[u8], promise: &str) {
    assert_eq!(stored.command, "PlaceOrder", "{promise}: the command");
    assert_eq!(
        stored.fingerprint, [COMMAND; 32],
        "{promise}: the fingerprint"
    );
    assert!(
        stored.answer == answer,
        "{promise}: the answer, byte for byte"
    );
    let kept = stored.expires_at - stored.recorded_at;
    assert_eq!(
        kept.to_std().ok(),
        Some(LONG),
        "{promise}: how long it is kept"
    );
}

/// The commit lost its key to one that answered so.
pub(super) fn expect_answered(answer: Result<Committed, CommitError>, first: &[u8], promise: &str) {
    match answer {
        Err(CommitError::Answered(stored)) => same_answer(&stored, first, promise),
        Err(error) => panic!("{promise}: the answer is `Answered`, not: {error}"),
        Ok(_) => panic!("{promise}: the answer is `Answered`, yet the commit was done"),
    }
}
