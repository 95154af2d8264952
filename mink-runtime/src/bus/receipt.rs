use crate::aggregate::{Aggregate, Events};
use crate::command::CommandContext;
use crate::event::Event;
use crate::id::{EventId, StreamId, TenantId};
use crate::repository::Loaded;

/// What a dispatched command or an append did. Answered as soon as it is durable, before the feed has given its
/// events a position.
pub struct Receipt<A> {
    tenant: TenantId,
    aggregate_id: String,
    stream: StreamId,
    version: u64,
    events: Events<A>,
    event_ids: Vec<EventId>,
}

impl<A: Aggregate> Receipt<A> {
    pub(super) fn nothing(tenant: TenantId, loaded: &Loaded<A>, context: CommandContext) -> Self {
        Self {
            tenant,
            aggregate_id: context.aggregate_id,
            stream: loaded.stream().clone(),
            version: loaded.version(),
            events: Events::new(),
            event_ids: Vec::new(),
        }
    }

    pub(super) fn committed(
        tenant: TenantId,
        loaded: &Loaded<A>,
        context: CommandContext,
        events: Events<A>,
        event_ids: Vec<EventId>,
    ) -> Self {
        Self {
            tenant,
            aggregate_id: context.aggregate_id,
            stream: loaded.stream().clone(),
            version: loaded.version() + event_ids.len() as u64,
            events,
            event_ids,
        }
    }

    pub(crate) fn appended(
        tenant: TenantId,
        stream: StreamId,
        version: u64,
        events: Events<A>,
        event_ids: Vec<EventId>,
    ) -> Self {
        let aggregate_id = stream.id().to_owned();
        Self {
            tenant,
            aggregate_id,
            stream,
            version,
            events,
            event_ids,
        }
    }

    /// Whose data it is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The id of the aggregate.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        &self.aggregate_id
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
}

impl<A> Clone for Receipt<A> {
    fn clone(&self) -> Self {
        Self {
            tenant: self.tenant.clone(),
            aggregate_id: self.aggregate_id.clone(),
            stream: self.stream.clone(),
            version: self.version,
            events: self.events.clone(),
            event_ids: self.event_ids.clone(),
        }
    }
}

impl<A> std::fmt::Debug for Receipt<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt")
            .field("stream", &self.stream)
            .field("version", &self.version)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
