//! What a user holds: open a store, dispatch commands, load aggregates, read streams and the feed, shut down.

mod batch;
mod builder;
mod config;
mod configure;
mod default_format;
mod dispatch;
mod error;
mod feed;
mod health;
mod history;
mod lifecycle;
mod snapshots;
mod startup;
mod streams;
mod within;

use std::sync::Arc;

pub use batch::{Batch, BatchError};
pub use builder::{MinkBuilder, OpenError};
pub use error::{Error, Result};
pub use feed::FeedReader;
pub use health::{Health, HealthOptions, HealthStatus, NotReady, Readiness};
pub use lifecycle::{ChangeError, StreamLifecycle, SummaryOf};
pub use startup::{StartupFault, StartupFaults};

use crate::aggregate::{AggregateHandlers, Events, IntoEvents};
use crate::bus::nested;
use crate::bus::{Bus, Receipt, Session};
use crate::command::Clock;
use crate::config::Configuration;
use crate::id::{AggregateId, InvalidName, Position, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::registry::Registry;
use crate::repository::{CacheStats, LoadError, Loaded, Repository};
use crate::storage::{ExpectedVersion, Storage, StorageError};

/// A running application: everything that is annotated in this binary, on one store.
///
/// A cheap handle for one tenant and one context; clones and handles made by [`tenant`](Self::tenant) and
/// [`with_metadata`](Self::with_metadata) share the store.
#[derive(Clone)]
pub struct Mink {
    shared: Arc<Shared>,
    tenant: TenantId,
    metadata: Metadata,
}

struct Shared {
    bus: Bus,
    clock: Arc<dyn Clock>,
    configuration: Configuration,
    health: HealthOptions,
}

/// Shows the store's name and the tenant, and no URL, which may hold a password.
impl std::fmt::Debug for Mink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mink")
            .field("store", &self.storage().name())
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

impl Mink {
    /// Opens the store at `url` and starts everything annotated in this binary: `sqlite://shop.db`,
    /// `postgres://user@host/db`, `memory://`.
    ///
    /// # Errors
    /// [`OpenError`]: every fault of the program's declarations together, or why the store cannot be opened.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::builder().url(url).open().await
    }

    /// Opens with services, limits, a registry built by hand, or a store made by hand.
    #[must_use]
    pub fn builder() -> MinkBuilder {
        MinkBuilder::default()
    }

    /// A handle for a tenant. It reads and writes that tenant's data only.
    ///
    /// # Errors
    /// [`InvalidName`] when the name is empty, too long or holds a NUL.
    pub fn tenant(&self, name: impl AsRef<str>) -> Result<Self, InvalidName> {
        Ok(Self {
            tenant: TenantId::new(name)?,
            ..self.clone()
        })
    }

    /// A handle whose commands and appends carry this metadata: correlation, causation, user, trace, custom values.
    /// What it does not say is filled in: the command's id as the cause, and as the correlation.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata) -> Self {
        Self {
            metadata,
            ..self.clone()
        }
    }

    /// The aggregate with this id, as its events made it.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] when nothing ever happened to it.
    pub async fn load<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
    ) -> Result<Loaded<A>, LoadError> {
        let id = id.id_text();
        let loaded: Loaded<A> = self.shared.bus.repository().load(&self.tenant, &id).await?;
        if loaded.version() == 0 {
            return Err(LoadError::NotFound {
                aggregate: A::NAME,
                id: id.into_owned(),
            });
        }
        Ok(loaded)
    }

    /// Loads an aggregate once to decide several commands on it, whose events are committed together.
    ///
    /// # Errors
    /// As [`load`](Self::load), except that an aggregate that nothing ever happened to is no error: it is at version 0.
    pub async fn session<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
    ) -> Result<Session<A>, LoadError> {
        self.shared
            .bus
            .session(&self.tenant, &self.traced(), &id.id_text())
            .await
    }

    /// Appends events to an aggregate's stream without a command, as an import does.
    ///
    /// # Errors
    /// [`BatchError`]: a conflict with the expected version, an event that cannot be written, the store's.
    pub async fn append<A: AggregateHandlers>(
        &self,
        id: impl AggregateId,
        expected: ExpectedVersion,
        events: impl IntoEvents<A>,
    ) -> Result<Receipt<A>, BatchError> {
        let stream = StreamId::of(A::NAME, &id.id_text())?;
        let events = Events::from_all(events);
        let mut batch = self.batch();
        batch.push(stream.clone(), expected, &events)?;
        let commit = batch.into_value();
        let ids = commit.events().map(|event| event.id).collect();
        let committed = nested::commit(self.repository(), commit).await?;
        let version = committed.streams.first().map_or(0, |head| head.version);
        Ok(Receipt::appended(
            self.tenant.clone(),
            stream,
            version,
            events,
            ids,
        ))
    }

    /// Starts a commit of several streams: all of it or none of it.
    #[must_use]
    pub fn batch(&self) -> Batch {
        Batch::new(
            self.shared.bus.repository().clone(),
            self.tenant.clone(),
            self.traced(),
            self.shared.clock.now(),
        )
    }

    /// Waits until the feed has given the receipt's events their positions, and tells the last one: from there on every
    /// reader of the feed sees them. [`Position::START`] for a receipt without events.
    ///
    /// # Errors
    /// The store's.
    pub async fn wait_for<A: AggregateHandlers, R>(
        &self,
        receipt: &Receipt<A, R>,
    ) -> Result<Position, StorageError> {
        let Some(last) = receipt.event_ids().last() else {
            return Ok(Position::START);
        };
        loop {
            let moved = self.storage().feed_moved();
            if let Some(position) = self.storage().position_of(receipt.tenant(), *last).await? {
                return Ok(position);
            }
            moved.await;
        }
    }

    /// The metadata of this handle, with the trace context of whatever runs now unless the handle has one.
    fn traced(&self) -> Metadata {
        let mut metadata = self.metadata.clone();
        if metadata.trace.is_none() {
            metadata.trace = self.repository().observer().trace();
        }
        metadata
    }

    /// What the cache of aggregates did since the application was opened.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.repository().cache_stats()
    }

    fn repository(&self) -> &Repository {
        self.shared.bus.repository()
    }

    /// The tenant of this handle.
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant
    }

    /// The store behind it.
    #[must_use]
    pub fn storage(&self) -> &Arc<dyn Storage> {
        self.shared.bus.repository().storage()
    }

    /// What this application knows.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.shared.bus.repository().registry()
    }

    /// Every setting that this application runs with, and where it comes from. Prints itself.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.shared.configuration
    }
}
