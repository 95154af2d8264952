use crate::aggregate::{Aggregate, Events};
use crate::event::Event;
use crate::id::{EventId, StreamId, TenantId};
use crate::repository::Loaded;

/// What a dispatched command or an append did. Answered as soon as it is durable, before the feed has given its
/// events a position.
///
/// `R` is what the method [replies](crate::aggregate::Replying) besides the events.
pub struct Receipt<A, R = ()> {
    tenant: TenantId,
    stream: StreamId,
    version: u64,
    events: Events<A>,
    event_ids: Vec<EventId>,
    reply: R,
    replayed: bool,
}

impl<A: Aggregate, R> Receipt<A, R> {
    pub(super) fn nothing(tenant: TenantId, loaded: &Loaded<A>, reply: R) -> Self {
        Self {
            tenant,
            stream: loaded.stream().clone(),
            version: loaded.version(),
            events: Events::new(),
            event_ids: Vec::new(),
            reply,
            replayed: false,
        }
    }

    pub(super) fn committed(
        tenant: TenantId,
        loaded: &Loaded<A>,
        events: Events<A>,
        event_ids: Vec<EventId>,
        reply: R,
    ) -> Self {
        Self {
            tenant,
            stream: loaded.stream().clone(),
            version: loaded.version() + event_ids.len() as u64,
            events,
            event_ids,
            reply,
            replayed: false,
        }
    }

    pub(super) fn replayed(
        tenant: TenantId,
        stream: StreamId,
        version: u64,
        events: Events<A>,
        event_ids: Vec<EventId>,
        reply: R,
    ) -> Self {
        Self {
            tenant,
            stream,
            version,
            events,
            event_ids,
            reply,
            replayed: true,
        }
    }

    /// Whether the command took effect at an earlier time, under the same idempotency key, and this is the receipt of
    /// then.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replayed
    }

    /// Whose data it is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The id of the aggregate.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        self.stream.id()
    }

    /// The stream that the events are in.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The aggregate's version after the command: that of its last event.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The events, in order; none when the decision was to do nothing.
    #[must_use]
    pub fn events(&self) -> &Events<A> {
        &self.events
    }

    /// The first event of type `E`.
    #[must_use]
    pub fn event<E: Event>(&self) -> Option<&E> {
        self.events.get()
    }

    /// The ids of the events, in order.
    #[must_use]
    pub fn event_ids(&self) -> &[EventId] {
        &self.event_ids
    }

    /// What the method replied besides the events.
    #[must_use]
    pub fn reply(&self) -> &R {
        &self.reply
    }

    /// The reply alone.
    #[must_use]
    pub fn into_reply(self) -> R {
        self.reply
    }
}

impl<A: Aggregate> Receipt<A> {
    pub(crate) fn appended(
        tenant: TenantId,
        stream: StreamId,
        version: u64,
        events: Events<A>,
        event_ids: Vec<EventId>,
    ) -> Self {
        Self {
            tenant,
            stream,
            version,
            events,
            event_ids,
            reply: (),
            replayed: false,
        }
    }
}

impl<A, R: Clone> Clone for Receipt<A, R> {
    fn clone(&self) -> Self {
        Self {
            tenant: self.tenant.clone(),
            stream: self.stream.clone(),
            version: self.version,
            events: self.events.clone(),
            event_ids: self.event_ids.clone(),
            reply: self.reply.clone(),
            replayed: self.replayed,
        }
    }
}

/// Shows neither the events' fields nor the reply, which may be personal.
impl<A, R> std::fmt::Debug for Receipt<A, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt")
            .field("stream", &self.stream)
            .field("version", &self.version)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
