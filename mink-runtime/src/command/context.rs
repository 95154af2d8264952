use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{MissingService, Services};
use crate::id::TenantId;
use crate::metadata::Metadata;

/// Tells the time. Replaced in tests.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// What a handler may know besides the command and, in an aggregate, the state. Take it as `&CommandContext`.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// Whose data.
    pub tenant: TenantId,
    /// The id of the aggregate that decides; empty in a free-standing handler.
    pub aggregate_id: String,
    /// The version of the aggregate that decides; 0 when it does not exist yet, and in a free-standing handler.
    pub version: u64,
    /// Identifies this command; the causation id of the events it leads to.
    pub command_id: Uuid,
    /// What the events will carry.
    pub metadata: Arc<Metadata>,
    /// The time of this decision, and of the events it leads to. The same in every retry.
    pub now: DateTime<Utc>,
    /// What handlers may ask for by type.
    pub services: Arc<Services>,
}

impl CommandContext {
    /// A service by its type.
    ///
    /// # Errors
    /// [`MissingService`] when nobody provided one.
    pub fn service<T: ?Sized + Send + Sync + 'static>(&self) -> Result<&T, MissingService> {
        self.services.get::<T>()
    }

    /// The metadata of whatever this command sets in motion: the same, caused by this command.
    #[must_use]
    pub fn metadata_of_effects(&self) -> Metadata {
        Metadata {
            causation_id: Some(self.command_id.to_string()),
            ..Metadata::clone(&self.metadata)
        }
    }
}
