//! How a command ended, as it is kept under its idempotency key.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::EventId;

/// How a command ended. The events themselves are in the stream, and nowhere else: what is personal is stored once.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// An aggregate decided.
    Decided {
        /// The stream's name.
        stream: String,
        /// The aggregate's version after the command.
        version: u64,
        /// The ids of its events, in order.
        event_ids: Vec<EventId>,
        /// What the method replied besides.
        reply: Value,
    },
    /// A free-standing handler is done.
    Handled {
        /// Its reply.
        reply: Value,
    },
    /// The domain said no.
    Rejected {
        /// The domain's own error.
        error: Value,
    },
}

impl Answer {
    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    pub(super) fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }
}
