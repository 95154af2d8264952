use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Mink;
use crate::aggregate::AggregateHandlers;
use crate::id::AggregateId;
use crate::repository::{History, LoadError, Loaded, StateDiff, TimeTravelError};

/// Time travel: what an aggregate was, and how it came to be what it is.
impl Mink {
    /// The aggregate as it was after this many events. Version 0 is its initial state.
    ///
    /// Reads the events up to there, and no more.
    ///
    /// # Errors
    /// [`TimeTravelError::BeyondHead`] when it has fewer events; [`TimeTravelError::BeforeFirst`] when its history no
    /// longer goes back that far; [`LoadError::NotFound`] when nothing ever happened to it.
    pub async fn load_at_version<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
        version: u64,
    ) -> Result<Loaded<A>, TimeTravelError> {
        self.repository()
            .load_at_version(&self.tenant, &id.id_text(), version)
            .await
    }

    /// The aggregate as of a time: from the events that were recorded at or before it.
    ///
    /// **Which clock.** The time that an event carries is that of the writer's clock, to the microsecond (see
    /// [`RecordedEvent::recorded_at`](crate::storage::RecordedEvent)). Of events that were recorded at the same time, as
    /// those of one commit are, the answer holds all or none. Writers' clocks differ, so an event may carry an earlier
    /// time than the one before it: the answer is the history up to the first event that was recorded *later* than the
    /// time asked for. So it is always a state that the aggregate really had, none of its events says that it was
    /// recorded later, and a later time never shows less.
    ///
    /// # Errors
    /// [`TimeTravelError::NotYet`] when its first event was recorded later; [`LoadError::NotFound`] when nothing ever
    /// happened to it.
    pub async fn load_at<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
        time: DateTime<Utc>,
    ) -> Result<Loaded<A>, TimeTravelError> {
        self.repository()
            .load_at(&self.tenant, &id.id_text(), time)
            .await
    }

    /// The history of an aggregate: every event, oldest first, with the state after it, read as it is asked for.
    ///
    /// # Errors
    /// When the id cannot name a stream. That nothing ever happened to the aggregate shows at the first step.
    pub fn history<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
    ) -> Result<History<A>, LoadError> {
        self.repository().history(&self.tenant, &id.id_text())
    }

    /// What is different between the states of an aggregate at two versions. Version 0 is its initial state; the first
    /// version may be the higher one.
    ///
    /// It compares the states as JSON, so that a field which serde skips is not compared. Prints itself with all values,
    /// personal ones too: mind where you show it.
    ///
    /// # Errors
    /// As [`load_at_version`](Self::load_at_version); [`TimeTravelError::NotJson`].
    pub async fn diff<A: AggregateHandlers + Serialize>(
        &self,
        id: impl AggregateId,
        from: u64,
        to: u64,
    ) -> Result<StateDiff, TimeTravelError> {
        self.repository()
            .diff::<A>(&self.tenant, &id.id_text(), from, to)
            .await
    }
}
