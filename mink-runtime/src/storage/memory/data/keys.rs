use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Data, to_the_microsecond};
use crate::id::{CommitId, TenantId};
use crate::storage::{
    CommitError, IdempotencyRecord, KeyDigest, NewReservation, Reservation, StoredAnswer,
    instant_after,
};

/// One tenant's keys.
#[derive(Default)]
pub(super) struct Keys(HashMap<KeyDigest, Key>);

enum Key {
    Reserved {
        owner: Uuid,
        fingerprint: [u8; 32],
        until: DateTime<Utc>,
    },
    Answered {
        commit: CommitId,
        answer: StoredAnswer,
    },
}

impl Key {
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Reserved { until, .. } => *until <= now,
            Self::Answered { answer, .. } => answer.expires_at <= now,
        }
    }
}

impl Keys {
    /// The key, unless it is as good as absent.
    fn live(&self, key: KeyDigest, now: DateTime<Utc>) -> Option<&Key> {
        self.0.get(&key).filter(|key| !key.is_over(now))
    }

    pub(super) fn is_answered_by(&self, key: KeyDigest, id: CommitId, now: DateTime<Utc>) -> bool {
        matches!(self.live(key, now), Some(Key::Answered { commit, .. }) if *commit == id)
    }

    /// Whether a commit may take the key.
    pub(super) fn check(
        &self,
        record: &IdempotencyRecord,
        now: DateTime<Utc>,
    ) -> Result<(), CommitError> {
        if let Some(Key::Answered { answer, .. }) = self.live(record.key, now) {
            return Err(CommitError::Answered(Box::new(answer.clone())));
        }
        match (record.owner, self.0.get(&record.key)) {
            (None, Some(Key::Reserved { until, .. })) if *until > now => {
                Err(CommitError::KeyHeld { until: *until })
            }
            (None, _) => Ok(()),
            (Some(mine), Some(Key::Reserved { owner, .. })) if *owner == mine => Ok(()),
            (Some(_), _) => Err(CommitError::ReservationLost),
        }
    }

    /// Takes the key, which was checked.
    pub(super) fn answer(
        &mut self,
        record: &IdempotencyRecord,
        commit: CommitId,
        now: DateTime<Utc>,
    ) {
        let answer = StoredAnswer {
            command: record.command.to_string(),
            fingerprint: record.fingerprint,
            answer: record.answer.clone(),
            recorded_at: now,
            expires_at: until(now, record.keep_for),
        };
        self.0.insert(record.key, Key::Answered { commit, answer });
    }
}

impl Data {
    pub(in super::super) fn reserve_key(
        &mut self,
        wish: &NewReservation,
        now: DateTime<Utc>,
    ) -> Reservation {
        let keys = self.keys(&wish.tenant);
        match keys.live(wish.key, now) {
            Some(Key::Answered { answer, .. }) => return Reservation::Answered(answer.clone()),
            Some(Key::Reserved {
                owner,
                fingerprint,
                until,
            }) if *owner != wish.owner => {
                return Reservation::Held {
                    fingerprint: *fingerprint,
                    until: *until,
                };
            }
            _ => {}
        }
        let reserved = Key::Reserved {
            owner: wish.owner,
            fingerprint: wish.fingerprint,
            until: until(now, wish.hold_for),
        };
        keys.0.insert(wish.key, reserved);
        Reservation::Reserved
    }

    pub(in super::super) fn release_key(
        &mut self,
        tenant: &TenantId,
        key: KeyDigest,
        mine: Uuid,
    ) -> bool {
        let keys = self.keys(tenant);
        let is_mine = matches!(
            keys.0.get(&key),
            Some(Key::Reserved { owner, .. }) if *owner == mine
        );
        if is_mine {
            keys.0.remove(&key);
        }
        is_mine
    }

    pub(in super::super) fn answer_of(
        &self,
        tenant: &TenantId,
        key: KeyDigest,
        now: DateTime<Utc>,
    ) -> Option<StoredAnswer> {
        match self.tenants.get(tenant)?.keys.live(key, now)? {
            Key::Answered { answer, .. } => Some(answer.clone()),
            Key::Reserved { .. } => None,
        }
    }

    pub(in super::super) fn sweep_keys(&mut self, limit: usize, now: DateTime<Utc>) -> usize {
        let mut left = limit.max(1);
        let mut swept = 0;
        for tenant in self.tenants.values_mut() {
            tenant.keys.0.retain(|_, key| {
                let goes = left > 0 && key.is_over(now);
                if goes {
                    left -= 1;
                    swept += 1;
                }
                !goes
            });
        }
        swept
    }

    pub(super) fn keys(&mut self, tenant: &TenantId) -> &mut Keys {
        &mut self.tenant(tenant).keys
    }
}

fn until(now: DateTime<Utc>, later: Duration) -> DateTime<Utc> {
    to_the_microsecond(instant_after(now, later))
}
