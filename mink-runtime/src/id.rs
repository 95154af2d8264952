//! Names and identities: tenants, streams, events, commits, positions.
//!
//! Every identity that reaches a store is checked here once, so that a storage adapter never has to ask
//! whether a name is empty, too long or holds a character that a database refuses.

mod stream;
mod tenant;

pub use stream::{AggregateId, Category, StreamId};
pub use tenant::TenantId;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a name cannot be used. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidName {
    /// The name has no characters.
    #[error("{what} is empty: give it at least one character")]
    Empty {
        /// What was named: "stream id", "tenant id", ...
        what: &'static str,
    },
    /// The name is longer than every adapter can index.
    #[error("{what} is {bytes} bytes long, the limit is {limit}: `{start}…`")]
    TooLong {
        /// What was named.
        what: &'static str,
        /// Its length in bytes of UTF-8.
        bytes: usize,
        /// The longest that is accepted, in bytes.
        limit: usize,
        /// Its first characters.
        start: String,
    },
    /// The name holds a NUL character, which PostgreSQL cannot store in text.
    #[error("{what} holds a NUL character at byte {at}: remove it")]
    Nul {
        /// What was named.
        what: &'static str,
        /// Byte offset of the first NUL.
        at: usize,
    },
    /// A category holds the character that separates it from the id.
    #[error(
        "category `{category}` holds `-`, which ends a category: `Order-1` is id `1` of category `Order`"
    )]
    HyphenInCategory {
        /// The category as it was given.
        category: String,
    },
}

pub(crate) fn check_name(what: &'static str, name: &str, limit: usize) -> Result<(), InvalidName> {
    if name.is_empty() {
        return Err(InvalidName::Empty { what });
    }
    if name.len() > limit {
        return Err(InvalidName::TooLong {
            what,
            bytes: name.len(),
            limit,
            start: name.chars().take(24).collect(),
        });
    }
    match name.bytes().position(|byte| byte == 0) {
        Some(at) => Err(InvalidName::Nul { what, at }),
        None => Ok(()),
    }
}

/// The identity of one event, chosen by the writer: a UUID of version 7 unless the caller brings its own.
///
/// Unique within a tenant. Appending an event whose id is already stored is recognised, not doubled
/// (see [`Commit`](crate::storage::Commit)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl EventId {
    /// A fresh id of version 7: ordered by time within this process.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "a default that differs each time misleads"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

/// The identity of one [`Commit`](crate::storage::Commit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitId(pub Uuid);

impl CommitId {
    /// A fresh id of version 7.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "a default that differs each time misleads"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

macro_rules! display_uuid {
    ($($name:ident),*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
display_uuid!(EventId, CommitId);

/// A place in the global feed. Gapless, starting at 1; [`Position::START`] (0) is before the first event.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event: reading from here reads all.
    pub const START: Position = Position(0);
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
