use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What kind of a command comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An aggregate accepts it, with an event and a reply.
    Accepted,
    /// An aggregate refuses it, and the refusal is kept.
    Refused,
    /// An aggregate decides to do nothing.
    Nothing,
    /// A free-standing function does something outside.
    Function,
}

impl Kind {
    /// One of each.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Refused, Self::Nothing, Self::Function];
}

/// A command to dispatch, so often at the same time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// What kind it is.
    pub kind: Kind,
    /// Names it, and is its key.
    pub tag: String,
    /// Which account it is for.
    pub account: String,
    /// How many copies are sent.
    pub copies: usize,
}

impl Order {
    /// A new one.
    #[must_use]
    pub fn new(kind: Kind, account: impl Into<String>, copies: usize) -> Self {
        Self {
            kind,
            tag: Uuid::new_v4().to_string(),
            account: account.into(),
            copies,
        }
    }

    /// The same command, sent so often.
    #[must_use]
    pub fn again(&self, copies: usize) -> Self {
        Self {
            copies,
            ..self.clone()
        }
    }
}

/// What a process says, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// It takes orders from now on.
    Ready,
    /// The command with this tag is about to be dispatched.
    Begun(String),
    /// The method or function of the command with this tag runs.
    Runs(String),
    /// One copy has its answer, written out whole, or failed.
    Answered(String, Result<String, String>),
}
