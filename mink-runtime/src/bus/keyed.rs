//! Idempotency keys: a command that comes again gets the first answer.
//!
//! **Problem.** A client that got no answer sends its command again. **Mechanism.** How the command ended is committed
//! with its events, under a key that only one commit can take; whoever comes later reads it. **Cost.** Nothing for a
//! command without a key; for an aggregate's, no round trip more. A free-standing handler reserves its key first, which
//! is one. **What the caller must do.** Give equal keys to equal commands only.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use quick_cache::sync::Cache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::answer::Answer;
use super::route::ErrorJson;
use super::turns::Turn;
use super::{CommandFault, CommandRequest, CommandResponse, Core, Rejection};
use crate::command::Reply;
use crate::id::TenantId;
use crate::storage::{IdempotencyRecord, KeyDigest, NewReservation, StorageError, StoredAnswer};

/// After how many keyed commits of a process what has expired is swept.
const SWEEP_AFTER: usize = 1024;

/// The most keys that one sweep deletes.
const SWEEP: usize = 4096;

/// How many keys a process remembers as answered.
const REMEMBERED: usize = 4096;

/// The keys that this process lately saw answered. Only a courtesy, which spares calling a method whose decision would
/// be thrown away: the store decides.
pub(super) struct AnsweredKeys(Cache<(TenantId, KeyDigest), ()>);

impl Default for AnsweredKeys {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl AnsweredKeys {
    pub(super) fn note(&self, keyed: &Keyed) {
        self.0.insert((keyed.tenant.clone(), keyed.key), ());
    }

    pub(super) fn knows(&self, keyed: &Keyed) -> bool {
        !self.0.is_empty() && self.0.get(&(keyed.tenant.clone(), keyed.key)).is_some()
    }
}

/// A command that has a key.
pub(super) struct Keyed {
    pub(super) key: KeyDigest,
    pub(super) fingerprint: [u8; 32],
    pub(super) command: &'static str,
    tenant: TenantId,
    keep_for: Duration,
    /// How a refusal is kept; `None` when it is not.
    errors: Option<ErrorJson>,
}

impl Keyed {
    /// The key of this request; `None` when it has none.
    pub(super) fn of(core: &Core, request: &CommandRequest) -> Result<Option<Self>, CommandFault> {
        let Some(key) = request.idempotency_key() else {
            return Ok(None);
        };
        let command = request.name();
        if key.is_empty() {
            return Err(CommandFault::EmptyKey { command });
        }
        let payload = request
            .to_json()
            .ok_or(CommandFault::KeyOfLocal { command })?
            .map_err(|error| CommandFault::Fingerprint {
                command,
                reason: crate::pipeline::without_values(&error),
            })?;
        let replay_errors = request
            .options
            .replay_errors
            .unwrap_or(request.route.replay_errors);
        if replay_errors && request.error_json.is_none() {
            return Err(CommandFault::UnkeptError { command });
        }
        Ok(Some(Self {
            key: KeyDigest::of(&key),
            fingerprint: fingerprint(command, &payload),
            command,
            tenant: request.tenant.clone(),
            keep_for: request
                .options
                .keep_for
                .unwrap_or(core.options.keep_answers),
            errors: request.error_json.filter(|_| replay_errors),
        }))
    }

    /// The entry of a commit that keeps `answer` under the key.
    pub(super) fn record(
        &self,
        answer: &Answer,
        owner: Option<Uuid>,
    ) -> Result<IdempotencyRecord, CommandFault> {
        let answer = answer
            .to_json()
            .map_err(|error| CommandFault::Fingerprint {
                command: self.command,
                reason: crate::pipeline::without_values(&error),
            })?;
        Ok(IdempotencyRecord {
            tenant: self.tenant.clone(),
            key: self.key,
            command: self.command.into(),
            fingerprint: self.fingerprint,
            answer: Bytes::from(answer),
            keep_for: self.keep_for,
            owner,
        })
    }

    /// A wish to be the only one who works under the key.
    pub(super) fn reservation(&self, hold_for: Duration) -> NewReservation {
        NewReservation {
            tenant: self.tenant.clone(),
            key: self.key,
            command: self.command.into(),
            fingerprint: self.fingerprint,
            owner: Uuid::now_v7(),
            hold_for,
        }
    }

    /// How a refusal is kept; `None` when it is not.
    pub(super) fn refusal(&self, rejection: &Rejection) -> Option<Answer> {
        let error = (self.errors?.write)(rejection.error())?;
        Some(Answer::Rejected { error })
    }

    /// What was kept, unless it is the answer to another command.
    pub(super) fn open(&self, stored: &StoredAnswer) -> Result<Answer, CommandFault> {
        self.same(stored.fingerprint)?;
        Answer::from_json(&stored.answer).map_err(|error| CommandFault::UnreadableAnswer {
            command: self.command,
            reason: crate::pipeline::without_values(&error),
        })
    }

    /// Refuses a key that came with another command the first time.
    pub(super) fn same(&self, fingerprint: [u8; 32]) -> Result<(), CommandFault> {
        if fingerprint == self.fingerprint {
            return Ok(());
        }
        Err(CommandFault::KeyReused {
            command: self.command,
            key: self.key,
        })
    }

    /// That another process works under the key.
    pub(super) fn held(&self) -> CommandFault {
        CommandFault::KeyHeld {
            command: self.command,
            key: self.key,
        }
    }

    /// The refusal that was kept.
    pub(super) fn rejected(
        &self,
        error: Value,
        json: Option<ErrorJson>,
    ) -> Result<CommandResponse, CommandFault> {
        json.and_then(|json| (json.read)(error))
            .map(CommandResponse::Rejected)
            .ok_or_else(|| CommandFault::UnreadableAnswer {
                command: self.command,
                reason: "the refusal that was kept is not one of the domain's errors of today"
                    .to_owned(),
            })
    }

    /// A reply as it is kept.
    pub(super) fn reply_json<R: Reply>(&self, reply: &R) -> Result<Value, CommandFault> {
        serde_json::to_value(reply).map_err(|error| CommandFault::Fingerprint {
            command: self.command,
            reason: crate::pipeline::without_values(&error),
        })
    }

    /// A reply as it was kept.
    pub(super) fn reply<R: Reply>(&self, reply: Value) -> Result<R, CommandFault> {
        serde_json::from_value(reply).map_err(|error| CommandFault::UnreadableAnswer {
            command: self.command,
            reason: crate::pipeline::without_values(&error),
        })
    }
}

impl Core {
    /// Waits until no other task of this process works under the key. A dispatch within a handler does not wait: the
    /// key may be that of the command it is within.
    pub(super) async fn fly(
        &self,
        keyed: &Keyed,
        request: &CommandRequest,
    ) -> Option<Turn<'_, KeyDigest>> {
        if request.is_nested() {
            return None;
        }
        Some(self.flights.take(&keyed.tenant, &keyed.key).await)
    }

    /// What is kept under the key.
    pub(super) async fn answer_of(
        &self,
        keyed: &Keyed,
    ) -> Result<Option<StoredAnswer>, CommandFault> {
        let storage = self.repository.storage();
        let answer = self
            .repository
            .patiently(|| storage.answer_of(&keyed.tenant, keyed.key))
            .await;
        Ok(answer?)
    }

    /// Notes that this process has just committed an answer under the key.
    pub(super) fn answered(self: &Arc<Self>, keyed: &Keyed) {
        self.answered.note(keyed);
        self.sweep_now_and_then();
    }

    /// Deletes what has expired, once in so many keyed commits and never in the way of one.
    fn sweep_now_and_then(self: &Arc<Self>) {
        if self.keyed_commits.fetch_add(1, Ordering::Relaxed) % SWEEP_AFTER != SWEEP_AFTER - 1 {
            return;
        }
        let core = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = core.repository.storage().sweep_keys(SWEEP).await {
                tracing::warn!(%error, "expired idempotency keys could not be swept");
            }
        });
    }
}

impl From<StorageError> for CommandFault {
    fn from(error: StorageError) -> Self {
        Self::Key(error)
    }
}

/// Of a command's name and payload, whatever order a map happens to be written in.
fn fingerprint(command: &str, payload: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(command.as_bytes());
    hash.update([0]);
    match serde_json::from_slice::<Value>(payload) {
        Ok(value) => canonical(&value, &mut hash),
        Err(_) => hash.update(payload),
    }
    hash.finalize().into()
}

fn canonical(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Array(list) => {
            hash.update(b"[");
            for item in list {
                canonical(item, hash);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in fields {
                hash.update(Value::from(name.as_str()).to_string());
                hash.update(b":");
                canonical(value, hash);
                hash.update(b",");
            }
            hash.update(b"}");
        }
        scalar => hash.update(scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_does_not_depend_on_the_order_of_fields() {
        let one = fingerprint("C", br#"{"a":1,"b":{"c":[1,2],"d":null}}"#);
        assert_eq!(
            one,
            fingerprint("C", br#"{"b":{"d":null,"c":[1,2]},"a":1}"#)
        );
        assert_ne!(
            one,
            fingerprint("C", br#"{"b":{"d":null,"c":[2,1]},"a":1}"#)
        );
        assert_ne!(
            one,
            fingerprint("D", br#"{"a":1,"b":{"c":[1,2],"d":null}}"#)
        );
    }

    #[test]
    fn neighbours_do_not_run_into_each_other() {
        assert_ne!(
            fingerprint("C", br#"["a","b"]"#),
            fingerprint("C", br#"["a,b"]"#)
        );
        assert_ne!(
            fingerprint("C", br#"{"a":"b"}"#),
            fingerprint("C", br#"["a:b"]"#)
        );
    }
}
