//! Events that stand for all that came before them.

use super::checkout::recorded;
use super::{LoadError, Loaded, Repository};
use crate::aggregate::AggregateHandlers;
use crate::id::{StreamId, TenantId};
use crate::metadata::Metadata;
use crate::pipeline::DecodeError;
use crate::storage::{NewEvent, RecordedEvent, StreamQuery};

/// The custom metadata of an event that stands for every one before it: how many those are. An event that only carries
/// a copy of another's metadata stands at another version, and is none.
const SUMMARY_OF: &str = "mink.summary_of";

/// Whether an aggregate can begin with this event as if it had seen all before it.
pub(super) fn is_summary(event: &RecordedEvent) -> bool {
    let before = event.version.saturating_sub(1);
    event
        .metadata
        .custom
        .get(SUMMARY_OF)
        .is_some_and(|count| before > 0 && *count == before.to_string())
}

/// Says that an event with this metadata, appended at `version`, stands for what came before it.
pub(crate) fn mark(metadata: &mut Metadata, version: u64) {
    metadata
        .custom
        .insert(SUMMARY_OF.to_owned(), version.to_string());
}

impl Repository {
    pub(super) async fn is_summary_at(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        version: u64,
    ) -> Result<bool, LoadError> {
        let event = self.event_at(tenant, stream, version).await?;
        Ok(event.is_some_and(|event| is_summary(&event)))
    }

    async fn event_at(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        version: u64,
    ) -> Result<Option<RecordedEvent>, LoadError> {
        let mut query = StreamQuery::new(tenant.clone(), stream.clone());
        (query.from, query.to, query.limit) = (version, version, 1);
        let page = self.read_page(&query).await?;
        Ok(page.and_then(|page| page.events.into_iter().next()))
    }

    /// Whether the event at this version is such a summary of this type.
    pub(crate) async fn is_summarized_by(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        version: u64,
        event_type: &str,
    ) -> Result<bool, LoadError> {
        let event = self.event_at(tenant, stream, version).await?;
        Ok(event.is_some_and(|event| *event.event_type == *event_type && is_summary(&event)))
    }

    /// Whether this event, as a load will read it, makes the state both from nothing and from the state itself: what is
    /// before it may be gone or be there. What `loaded` is afterwards counts for nothing.
    pub(crate) fn stands_for<A: AggregateHandlers + PartialEq>(
        &self,
        tenant: &TenantId,
        mut loaded: Loaded<A>,
        event: &NewEvent,
    ) -> Result<bool, DecodeError> {
        let stream = loaded.stream().clone();
        let event = recorded(event.clone(), tenant, &stream, loaded.version() + 1);
        let mut begun = Loaded::<A>::initial(stream);
        self.evolve(&mut begun, &event)?;
        if *begun != *loaded {
            return Ok(false);
        }
        self.evolve(&mut loaded, &event)?;
        Ok(*begun == *loaded)
    }
}
