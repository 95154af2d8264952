use std::fmt;
use std::sync::Arc;

use super::{Mink, Shared};
use crate::bus::{Bus, BusOptions};
use crate::command::{Clock, Services, SystemClock};
use crate::event::codec::Codec;
use crate::id::TenantId;
use crate::metadata::Metadata;
use crate::registry::{Location, Registry, RegistryFault};
use crate::repository::{Repository, RepositoryOptions, UnknownEvents};
use crate::storage::{self, Limits, Storage, StorageError};

/// Opens an application with more than a URL.
pub struct MinkBuilder {
    url: Option<String>,
    storage: Option<Arc<dyn Storage>>,
    registry: Option<Registry>,
    services: Services,
    clock: Arc<dyn Clock>,
    repository: RepositoryOptions,
    bus: BusOptions,
    clear_text: bool,
    codecs: Vec<(Arc<dyn Codec>, Location)>,
    default_format: Option<String>,
}

impl Default for MinkBuilder {
    fn default() -> Self {
        Self {
            url: None,
            storage: None,
            registry: None,
            services: Services::new(),
            clock: Arc::new(SystemClock),
            repository: RepositoryOptions::default(),
            bus: BusOptions::default(),
            clear_text: false,
            codecs: Vec::new(),
            default_format: None,
        }
    }
}

impl MinkBuilder {
    /// The store's URL. Its scheme chooses the adapter.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// A store made by hand, instead of a URL.
    #[must_use]
    pub fn storage(mut self, storage: impl Storage) -> Self {
        self.storage = Some(Arc::new(storage));
        self
    }

    /// A store that others hold too, instead of a URL.
    #[must_use]
    pub fn shared_storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.storage = Some(storage);
        self
    }

    /// A registry built by hand, instead of everything that is linked.
    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Writes and reads events in a format of your own: those that name it, and every event when it is the
    /// [default](Self::default_format).
    #[must_use]
    #[track_caller]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs.push((Arc::new(codec), Location::here()));
        self
    }

    /// The format of events that name none: `json` unless configured, `msgpack`, or a codec's name. Events that are
    /// stored already stay readable, each in its own format.
    #[must_use]
    pub fn default_format(mut self, name: impl Into<String>) -> Self {
        self.default_format = Some(name.into());
        self
    }

    /// Provides a service to every handler that takes `&T`.
    ///
    /// For a trait object name the type: `.service::<dyn Pricing>(Arc::new(..) as Arc<dyn Pricing>)`.
    #[must_use]
    pub fn service<T: ?Sized + Send + Sync + 'static>(
        mut self,
        service: impl Into<Arc<T>>,
    ) -> Self {
        self.services.insert(service);
        self
    }

    /// Another clock than the system's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What one event and one commit may hold.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.repository.group.limits = limits;
        self
    }

    /// The largest payload of one event, in bytes. 1 MiB unless configured.
    #[must_use]
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.repository.group.limits.event_bytes = bytes;
        self
    }

    /// What to do with a stored event whose type is not registered. Refuse unless configured.
    #[must_use]
    pub fn unknown_events(mut self, unknown: UnknownEvents) -> Self {
        self.repository.unknown_events = unknown;
        self
    }

    /// How long to go on trying while the store cannot be reached. 30 seconds unless configured.
    #[must_use]
    pub fn patience(mut self, patience: std::time::Duration) -> Self {
        self.repository.patience = patience;
        self
    }

    /// Everything else about loading and committing: changes what it names and leaves the rest.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut RepositoryOptions)) -> Self {
        change(&mut self.repository);
        self
    }

    /// How commands are dispatched.
    #[must_use]
    pub fn bus_options(mut self, options: BusOptions) -> Self {
        self.bus = options;
        self
    }

    /// Stores fields that are declared `encrypt` **in clear text**. For tests only.
    #[must_use]
    pub fn store_encrypted_fields_in_clear_text(mut self) -> Self {
        self.clear_text = true;
        self
    }

    /// Verifies the registry, opens the store and starts.
    ///
    /// # Errors
    /// [`OpenError::Faults`] with every fault of the program's declarations; otherwise why the store cannot be opened.
    pub async fn open(self) -> Result<Mink, OpenError> {
        let mut registry = self.registry.unwrap_or_else(Registry::linked);
        for (codec, location) in self.codecs {
            registry = registry.with_codec(codec, location);
        }
        if let Some(format) = self.default_format {
            registry = registry.with_default_format(format);
        }
        let faults = faults(&registry, &self.services, self.clear_text);
        if !faults.is_empty() {
            return Err(OpenError::Faults(StartupFaults { faults }));
        }
        let storage = match (self.storage, self.url) {
            (Some(storage), None) => storage,
            (None, Some(url)) => storage::open(&url).await?,
            (None, None) => return Err(OpenError::NoStore),
            (Some(_), Some(_)) => return Err(OpenError::TwoStores),
        };
        let repository = Repository::new(storage, registry, self.repository);
        let bus = Bus::new(repository, self.services, Arc::clone(&self.clock), self.bus);
        Ok(Mink {
            shared: Arc::new(Shared {
                bus,
                clock: self.clock,
            }),
            tenant: TenantId::default(),
            metadata: Metadata::default(),
        })
    }
}

fn faults(registry: &Registry, services: &Services, clear_text: bool) -> Vec<StartupFault> {
    let mut faults: Vec<_> = registry
        .verify()
        .err()
        .into_iter()
        .flat_map(|found| found.faults)
        .map(StartupFault::Registry)
        .collect();
    for entry in registry.handlers() {
        for decider in entry.decides {
            for need in decider
                .services
                .iter()
                .filter(|need| !services.provides(need))
            {
                faults.push(StartupFault::MissingService {
                    service: (need.type_name)(),
                    command: decider.command,
                    aggregate: entry.aggregate,
                    location: decider.location,
                });
            }
        }
    }
    if !clear_text {
        for event in registry
            .events()
            .iter()
            .filter(|event| !event.encrypted.is_empty())
        {
            faults.push(StartupFault::NoEncryption {
                kind: "event",
                name: event.name,
                fields: event.encrypted.join(", "),
                location: event.location,
            });
        }
    }
    faults
}

/// Why an application could not be opened.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The program's declarations do not fit together.
    #[error(transparent)]
    Faults(#[from] StartupFaults),
    /// Neither a URL nor a store was given.
    #[error(
        "no store: give a URL with `.url(\"sqlite://shop.db\")`, or a store with `.storage(..)`"
    )]
    NoStore,
    /// Both a URL and a store were given.
    #[error("both a URL and a store were given: keep one of `.url(..)` and `.storage(..)`")]
    TwoStores,
    /// The store cannot be opened.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Every fault found at start, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupFaults {
    /// At least one.
    pub faults: Vec<StartupFault>,
}

impl std::error::Error for StartupFaults {}

impl fmt::Display for StartupFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        write!(
            f,
            "this program cannot start: {count} fault{}",
            if count == 1 { "" } else { "s" }
        )?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

/// One fault found at start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartupFault {
    /// The declarations do not fit together.
    #[error(transparent)]
    Registry(#[from] RegistryFault),
    /// A handler takes a service that nobody provided.
    #[error(
        "{location}: `{aggregate}` takes a `{service}` to decide `{command}`, and nobody provides one: add `.service(..)` to the builder"
    )]
    MissingService {
        /// The service's type.
        service: &'static str,
        /// The command.
        command: &'static str,
        /// The aggregate.
        aggregate: &'static str,
        /// The method.
        location: Location,
    },
    /// Fields are declared encrypted and there is no key to encrypt them with.
    #[error(
        "{location}: {kind} `{name}` declares `encrypt = \"{fields}\"`, and this application has no encryption provider, so the fields would be stored in clear text. This version of mink has none to configure yet: remove `encrypt`, or, in a test, allow it with `.store_encrypted_fields_in_clear_text()`"
    )]
    NoEncryption {
        /// What declares them.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// The fields.
        fields: String,
        /// The declaration.
        location: Location,
    },
}
