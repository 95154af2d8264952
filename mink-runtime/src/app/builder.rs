use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{self, AppOptions, Called, Change, Settled};
use super::default_format;
use super::startup::{StartupFault, StartupFaults};
use super::within::Within;
use super::{Mink, Shared};
use crate::bus::{
    Bus, BusOptions, CommandLayer, CommandRequest, DefaultStack, Dispatchable, RouteEntry, Stack,
    default_stack,
};
use crate::command::{Clock, Command, Services, SystemClock};
use crate::config::{Sources, StoreSection, StoreSettings};
use crate::event::codec::Codec;
use crate::id::TenantId;
use crate::metadata::{Metadata, TraceContextSource};
use crate::observe::{Observer, Operation, operation_span, watched};
use crate::registry::{Location, Registry};
use crate::repository::{Repository, RepositoryOptions, UnknownEvents};
use crate::storage::{self, Limits, Opened, Storage, StorageError};

/// Opens an application with more than a URL.
pub struct MinkBuilder {
    url: Option<String>,
    storage: Option<Arc<dyn Storage>>,
    registry: Option<Registry>,
    services: Services,
    clock: Arc<dyn Clock>,
    traces: Option<Arc<dyn TraceContextSource>>,
    pub(super) sources: Sources,
    changes: Vec<Change>,
    bare: bool,
    layers: Stack,
    routes: Vec<RouteEntry>,
    clear_text: bool,
    codecs: Vec<(Arc<dyn Codec>, Location)>,
    schema_lock: Option<String>,
}

impl Default for MinkBuilder {
    fn default() -> Self {
        Self {
            url: None,
            storage: None,
            registry: None,
            services: Services::new(),
            clock: Arc::new(SystemClock),
            traces: None,
            sources: Sources::default(),
            changes: Vec::new(),
            bare: false,
            layers: Stack::new(),
            routes: Vec::new(),
            clear_text: false,
            codecs: Vec::new(),
            schema_lock: None,
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

    /// The format of events that name none: what the program declares with `mink::default_format!`, else `json`, unless
    /// configured. Events that are stored already stay readable, each in its own format.
    ///
    /// The declaration is seen by the schema lock's test, and this call is not: say it here only for a program without
    /// a lock, or give the lock to [`schema_lock`](Self::schema_lock). What contradicts the declaration is refused.
    #[must_use]
    pub fn default_format(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.change(move |to| to.default_format = Some(name))
    }

    /// The text of the schema lock, `include_str!("../mink-schema.lock")`: a program that declares something else than
    /// the lock pins, or writes it in another format, does not start.
    #[must_use]
    pub fn schema_lock(mut self, text: impl Into<String>) -> Self {
        self.schema_lock = Some(text.into());
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

    /// The application's name in metrics and spans. `mink` unless configured.
    #[must_use]
    pub fn service_name(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.change(move |to| to.service = Some(name))
    }

    /// Another clock than the system's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the trace context comes from that events carry in their metadata. None unless given. What
    /// [`Mink::with_metadata`] says goes before it.
    #[must_use]
    pub fn trace_context(mut self, source: impl TraceContextSource) -> Self {
        self.traces = Some(Arc::new(source));
        self
    }

    /// What one event and one commit may hold.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.change(move |to| to.repository.group.limits = limits)
    }

    /// The largest payload of one event, in bytes. 1 MiB unless configured.
    #[must_use]
    pub fn max_event_bytes(self, bytes: usize) -> Self {
        self.change(move |to| to.repository.group.limits.event_bytes = bytes)
    }

    /// What to do with a stored event whose type is not registered. Refuse unless configured.
    #[must_use]
    pub fn unknown_events(self, unknown: UnknownEvents) -> Self {
        self.change(move |to| to.repository.unknown_events = unknown)
    }

    /// How long to go on trying while the store cannot be reached. 30 seconds unless configured.
    #[must_use]
    pub fn patience(self, patience: std::time::Duration) -> Self {
        self.change(move |to| to.repository.patience = patience)
    }

    /// How many aggregates are kept in memory between dispatches, so that an accepted command costs one round trip; none
    /// at 0. 1,000 unless configured. `#[aggregate(cache = false)]` leaves one kind of aggregate out.
    #[must_use]
    pub fn cached_aggregates(self, entries: usize) -> Self {
        self.change(move |to| to.repository.cached_aggregates = entries)
    }

    /// Everything else about loading and committing: changes what it names and leaves the rest.
    #[must_use]
    pub fn configure(self, change: impl FnOnce(&mut RepositoryOptions) + Send + 'static) -> Self {
        self.change(|to| change(&mut to.repository))
    }

    /// How commands are dispatched.
    #[must_use]
    pub fn bus_options(self, options: BusOptions) -> Self {
        self.change(move |to| to.bus = options)
    }

    /// What a call says wins over every file and variable, so it is done last.
    fn change(mut self, change: impl FnOnce(&mut AppOptions) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Puts a layer around the handling of every command: any [`tower::Layer`] whose service takes a
    /// [`CommandRequest`]. The first layer is the outermost; all are within the outer, and around the inner
    /// [default layers](default_stack).
    #[must_use]
    pub fn layer(mut self, layer: impl CommandLayer) -> Self {
        self.layers = self.layers.layer(layer);
        self
    }

    /// Puts a layer around the commands that `applies` picks; the others pass by.
    #[must_use]
    pub fn layer_when(
        mut self,
        applies: impl Fn(&CommandRequest) -> bool + Send + Sync + 'static,
        layer: impl CommandLayer,
    ) -> Self {
        self.layers = self.layers.layer_when(applies, layer);
        self
    }

    /// Puts a layer around commands of type `C`: `.layer_for::<PlaceOrder>(..)`.
    #[must_use]
    pub fn layer_for<C: Command>(self, layer: impl CommandLayer) -> Self {
        self.layer_when(CommandRequest::is::<C>, layer)
    }

    /// Leaves the [default layers](default_stack) out: only those given with [`layer`](Self::layer) remain.
    #[must_use]
    pub fn bare_stack(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Lets commands of type `C` come by name, as JSON. What `#[handlers]` and `#[handler]` make does so by itself; this
    /// is for commands whose handler is written by hand: `.route::<Deposit, _>()`.
    #[must_use]
    pub fn route<C: Dispatchable<To>, To>(mut self) -> Self {
        self.routes.push(RouteEntry::of::<C, To>(None));
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
        let called = match (&self.storage, self.url) {
            (Some(_), Some(_)) => return Err(OpenError::TwoStores),
            (Some(_), None) => Called::Store,
            (None, Some(url)) => Called::Url(url),
            (None, None) => Called::Nothing,
        };
        let Settled {
            options,
            resolved,
            configuration,
        } = config::settle(
            default_format::options(&registry),
            self.sources,
            called,
            self.changes,
        );
        let origin = resolved.origins.get(default_format::KEY);
        let mut faults = Vec::new();
        if let Some(format) = &options.default_format {
            registry = registry.with_default_format(format.as_str());
            faults.extend(default_format::contradicts(&registry, format, origin));
        }
        faults.extend(self::faults(&registry, &self.services, self.clear_text));
        default_format::place(&mut faults, origin);
        match &self.schema_lock {
            Some(text) => faults.extend(default_format::locked(&registry, text)),
            None => default_format::warn(&registry, origin),
        }
        faults.extend(resolved.faults.into_iter().map(StartupFault::from));
        faults.extend(
            Bus::unkept_errors(&registry, &self.routes)
                .into_iter()
                .map(|command| StartupFault::UnkeptError {
                    command: command.name,
                    location: command.location,
                }),
        );
        if !faults.is_empty() {
            return Err(OpenError::Faults(StartupFaults { faults }));
        }
        let service = options.service.as_deref().unwrap_or_default();
        let observer = Observer::installed(service, &registry).with_traces(self.traces);
        let storage = match (self.storage, options.store_url) {
            (Some(storage), _) => storage,
            (None, Some(url)) => {
                let span = operation_span(observer.service(), Operation::Initialize);
                watched!(
                    observer,
                    Operation::Initialize,
                    span,
                    open_store(&url, resolved.stores)
                )?
            }
            (None, None) => return Err(OpenError::NoStore),
        };
        let around = if self.bare {
            DefaultStack::default()
        } else {
            default_stack(&observer)
        };
        let repository = Repository::observed(
            storage,
            registry,
            options.repository,
            Arc::clone(&self.clock),
            observer,
        );
        let stack = around.outer.stack(self.layers).stack(around.inner);
        let (mut services, clock) = (self.services, self.clock);
        let shared = Arc::new_cyclic(|shared| {
            services.insert(Within(shared.clone()));
            Shared {
                bus: Bus::new(repository, services, Arc::clone(&clock), options.bus)
                    .with_routes(&self.routes)
                    .with_stack(&stack),
                clock,
                configuration,
                health: options.health,
            }
        });
        Ok(Mink {
            shared,
            tenant: TenantId::default(),
            metadata: Metadata::default(),
        })
    }
}

/// With the settings of its adapter, when the adapter has any.
async fn open_store(
    url: &str,
    mut stores: BTreeMap<&'static str, Box<dyn StoreSettings>>,
) -> Opened {
    let scheme = url.split(':').next().unwrap_or_default();
    let section = StoreSection::linked()
        .into_values()
        .find(|section| section.schemes.contains(&scheme));
    match section.and_then(|section| stores.remove(section.name)) {
        Some(settings) => settings.open(url).await,
        None => storage::open(url).await,
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
                    handler: entry.aggregate,
                    does: "decide",
                    location: decider.location,
                });
            }
        }
    }
    for function in registry.functions() {
        for need in function
            .services
            .iter()
            .filter(|need| !services.provides(need))
        {
            faults.push(StartupFault::MissingService {
                service: (need.type_name)(),
                command: function.command,
                handler: function.name,
                does: "handle",
                location: function.location,
            });
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
