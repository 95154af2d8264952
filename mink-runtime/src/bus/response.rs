use std::any::Any;
use std::fmt;

use super::Receipt;
use super::route::reply_json;
use super::serve::Replied;
use crate::aggregate::Aggregate;
use crate::command::Reply;
use crate::id::{EventId, StreamId};

type AnyError = dyn std::error::Error + Send + Sync;

/// How a command ended, as the layers see it. A refusal by the domain is an answer like any other; what the
/// infrastructure could not do is a [`CommandFault`](super::CommandFault).
#[derive(Debug)]
pub enum CommandResponse {
    /// It was handled.
    Accepted(Accepted),
    /// The domain said no.
    Rejected(Rejection),
}

impl CommandResponse {
    /// Whether the domain said no.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }
}

/// What came of a command that was handled.
pub struct Accepted {
    answer: Box<dyn Answer>,
}

impl Accepted {
    pub(super) fn new(answer: impl Answer) -> Self {
        Self {
            answer: Box::new(answer),
        }
    }

    /// The stream of the aggregate that decided; `None` for a free-standing handler.
    #[must_use]
    pub fn stream(&self) -> Option<&StreamId> {
        self.answer.stream()
    }

    /// The aggregate's version after the command; `None` for a free-standing handler.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.answer.version()
    }

    /// The ids of the events that are stored now, in order.
    #[must_use]
    pub fn event_ids(&self) -> &[EventId] {
        self.answer.event_ids()
    }

    /// The reply as JSON; `null` when there is none.
    ///
    /// # Errors
    /// What its `Serialize` says.
    pub fn reply_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        self.answer.reply_json()
    }

    pub(super) fn into_answer<T: 'static>(self) -> Option<T> {
        self.answer.into_any().downcast().ok().map(|answer| *answer)
    }
}

/// Shows where its events are, not what is in them.
impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted")
            .field("stream", &self.stream())
            .field("version", &self.version())
            .field("events", &self.event_ids().len())
            .finish_non_exhaustive()
    }
}

/// The domain's own error.
pub struct Rejection {
    error: Box<AnyError>,
}

impl Rejection {
    pub(super) fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            error: Box::new(error),
        }
    }

    /// The error.
    #[must_use]
    pub fn error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.error
    }

    /// The error, when it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.error.downcast_ref()
    }

    pub(super) fn into_boxed(self) -> Box<AnyError> {
        self.error
    }

    pub(super) fn into_error<E: std::error::Error + 'static>(self) -> Option<E> {
        self.error.downcast().ok().map(|error| *error)
    }
}

/// Shows nothing of the error, which may tell what the command held.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").finish_non_exhaustive()
    }
}

/// What a handler answers, without its type.
pub(super) trait Answer: Any + Send {
    fn stream(&self) -> Option<&StreamId>;
    fn version(&self) -> Option<u64>;
    fn event_ids(&self) -> &[EventId];
    fn reply_json(&self) -> Result<serde_json::Value, serde_json::Error>;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<A: Aggregate, R: Reply> Answer for Receipt<A, R> {
    fn stream(&self) -> Option<&StreamId> {
        Some(Receipt::stream(self))
    }
    fn version(&self) -> Option<u64> {
        Some(Receipt::version(self))
    }
    fn event_ids(&self) -> &[EventId] {
        Receipt::event_ids(self)
    }
    fn reply_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        reply_json(self.reply())
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl<R: Reply> Answer for Replied<R> {
    fn stream(&self) -> Option<&StreamId> {
        None
    }
    fn version(&self) -> Option<u64> {
        None
    }
    fn event_ids(&self) -> &[EventId] {
        &[]
    }
    fn reply_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        reply_json(&self.0)
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
