//! From a command to its answer: through the layers to whoever handles it.
//!
//! **Problem.** What holds for every command (a timeout, a retry, a metric, who asked) should be written once, and
//! what a handler answers should reach the caller with its type. **Mechanism.** A command becomes a [`CommandRequest`],
//! passes through [`tower`] layers, and is handled; a [`CommandResponse`] goes back through the same layers and is
//! given its type again. A refusal by the domain is a response; what the infrastructure could not do is an error, a
//! [`CommandFault`]. **Cost.** A few boxes for each dispatch, and one for each layer. **What the caller must do.**
//! Nothing: [`dispatch`](crate::app::Mink::dispatch) does it all.

mod answer;
mod decide;
mod detached;
mod dispatching;
mod error;
mod extensions;
mod fault;
mod json;
mod keyed;
pub mod layers;
mod many;
pub(crate) mod nested;
mod options;
mod progress;
mod receipt;
mod request;
mod response;
mod route;
mod running;
mod serve;
mod session;
mod stack;
mod turns;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tower::ServiceExt;

pub use detached::Detached;
pub use dispatching::Dispatching;
pub use error::DispatchError;
pub use extensions::Extensions;
pub use fault::{CommandFault, Ended};
pub use json::{JsonDispatchError, JsonReceipt};
pub use layers::default_stack;
pub use options::{BusOptions, DispatchOptions};
pub use progress::{Effect, Progress};
pub use receipt::Receipt;
pub use request::CommandRequest;
pub use response::{Accepted, CommandResponse, Rejection};
pub use route::{Dispatchable, ErrorJson, Route, RouteEntry, Target, ToAggregate, ToHandler};
pub use session::Session;
pub use stack::{CommandLayer, CommandService, DefaultStack, Stack};
pub use tower;

use crate::command::{Clock, Services};
use crate::id::{StreamId, TenantId};
use crate::metadata::Metadata;
use crate::registry::{CommandEntry, Registry};
use crate::repository::Repository;
use crate::storage::{KeyDigest, StorageError};
use json::Routes;
use keyed::AnsweredKeys;
use nested::Handling;
use running::Running;
use turns::Turns;

/// Sends commands through the layers to whoever handles them. A cheap handle.
#[derive(Clone)]
pub struct Bus {
    core: Arc<Core>,
    layered: Option<CommandService>,
    routes: Arc<Routes>,
}

/// What handling a command takes. Not part of the public interface, though its name shows in a private field's type.
#[doc(hidden)]
pub struct Core {
    repository: Repository,
    services: Arc<Services>,
    clock: Arc<dyn Clock>,
    options: BusOptions,
    turns: Turns<StreamId>,
    /// Who works under which idempotency key.
    flights: Turns<KeyDigest>,
    answered: AnsweredKeys,
    keyed_commits: AtomicUsize,
    running: Running,
}

impl Bus {
    /// A bus on `repository` without layers, whose handlers find these services.
    #[must_use]
    pub fn new(
        repository: Repository,
        services: Services,
        clock: Arc<dyn Clock>,
        options: BusOptions,
    ) -> Self {
        let routes = Arc::new(Routes::of(repository.registry(), &[]));
        Self {
            core: Arc::new(Core {
                repository,
                services: Arc::new(services),
                clock,
                options,
                turns: Turns::default(),
                flights: Turns::default(),
                answered: AnsweredKeys::default(),
                keyed_commits: AtomicUsize::new(0),
                running: Running::default(),
            }),
            layered: None,
            routes,
        }
    }

    /// The same bus with these layers and no others.
    #[must_use]
    pub fn with_stack(self, stack: &Stack) -> Self {
        Self {
            layered: stack.around(&self.core),
            ..self
        }
    }

    /// The same bus with routes for commands that come by name, besides those that the program was linked with.
    #[must_use]
    pub fn with_routes(self, more: &[RouteEntry]) -> Self {
        Self {
            routes: Arc::new(Routes::of(self.core.repository.registry(), more)),
            ..self
        }
    }

    /// The commands whose refusals are to be kept under their idempotency key (`replay_errors`), and whose domain error
    /// cannot be written as JSON and read back.
    #[must_use]
    pub fn unkept_errors(registry: &Registry, more: &[RouteEntry]) -> Vec<CommandEntry> {
        Routes::unkept_errors(registry, more)
    }

    /// The repository behind it.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.core.repository
    }

    /// Sends a command to its aggregate or its free-standing handler.
    ///
    /// An aggregate is loaded, decides, and its events are committed at the version it decided on. When another writer
    /// was first, only what came since is read and the command is decided anew. From the second attempt on the tasks of
    /// this process take turns at the aggregate, so a storm of conflicts costs one attempt each. A decision without
    /// events commits nothing.
    ///
    /// **Delivery.** `Ok` means durable. An unknown outcome is never decided anew: the same value is submitted until
    /// the store answers.
    ///
    /// # Errors
    /// [`DispatchError::Rejected`] with the domain's own error; the others are the infrastructure's.
    pub async fn dispatch<C, To>(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        command: C,
        options: DispatchOptions,
    ) -> Result<C::Answer, DispatchError<C::Error>>
    where
        C: Dispatchable<To>,
    {
        self.answer::<C, To>(self.request(tenant, metadata, command, options))
            .await
    }

    /// Sends a command and does not wait for it.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn dispatch_detached<C, To>(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        command: C,
        options: DispatchOptions,
    ) -> Detached<C::Answer, C::Error>
    where
        C: Dispatchable<To>,
    {
        // a task of its own is within no other command, and this one counts until it ends
        let mut request = self.request(tenant, metadata, command, options);
        request.depth = 1;
        let entered = Running::enter(&self.core, Handling::depth() > 0);
        let cancel = Arc::new(Notify::new());
        let (bus, cancelled) = (self.clone(), Arc::clone(&cancel));
        Detached::spawn(&request.clone(), cancel, async move {
            let Some(_entered) = entered else {
                return Err(CommandFault::Closed { command: C::NAME }.into());
            };
            typed::<C, To>(bus.send_unless(&cancelled, request).await)
        })
    }

    /// The request that a command becomes here: within a handler, one that the handler's command caused.
    pub fn request<C, To>(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        command: C,
        options: DispatchOptions,
    ) -> CommandRequest
    where
        C: Dispatchable<To>,
    {
        CommandRequest::new(
            Arc::new(command),
            C::ROUTE,
            tenant.clone(),
            metadata.clone(),
            options,
        )
    }

    /// Sends a request through the layers.
    ///
    /// # Errors
    /// [`CommandFault`]. A refusal by the domain is a response.
    pub async fn send(&self, request: CommandRequest) -> Result<CommandResponse, CommandFault> {
        let command = request.name();
        let Some(_entered) = Running::enter(&self.core, request.is_nested()) else {
            return Err(CommandFault::Closed { command });
        };
        self.send_entered(request).await
    }

    /// Sends a request that is counted among the running ones.
    async fn send_entered(&self, request: CommandRequest) -> Result<CommandResponse, CommandFault> {
        let command = request.name();
        match request.options.within {
            None => self.pass(request).await,
            Some(after) => {
                let progress = request.progress.clone();
                let passed = tokio::time::timeout(after, self.pass(request)).await;
                passed.unwrap_or_else(|_| {
                    let effect = progress.effect();
                    Err(CommandFault::TimedOut {
                        command,
                        after,
                        effect,
                    })
                })
            }
        }
    }

    /// Deletes idempotency keys whose answers have expired, at most `limit` of them; tells how many. The bus does it by
    /// itself after every so many commands with a key.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep_keys(&self, limit: usize) -> Result<u64, StorageError> {
        self.core.repository.storage().sweep_keys(limit).await
    }

    async fn pass(&self, mut request: CommandRequest) -> Result<CommandResponse, CommandFault> {
        if request
            .options
            .replay_errors
            .unwrap_or(request.route.replay_errors)
        {
            request.error_json = self.routes.error_json(request.name());
        }
        let Some(layered) = &self.layered else {
            return Core::handle(Arc::clone(&self.core), request).await;
        };
        let progress = request.progress.clone();
        // what a layer dispatches is a part of this command, too
        Handling::scope(&request.clone(), layered.clone().oneshot(request))
            .await
            .map_err(|fault| fault.seen_from_outside(&progress))
    }

    async fn answer<C, To>(
        &self,
        request: CommandRequest,
    ) -> Result<C::Answer, DispatchError<C::Error>>
    where
        C: Dispatchable<To>,
    {
        typed::<C, To>(self.send(request).await)
    }

    /// Refuses new commands, waits for those that are being handled, and closes the store. Called again it does no
    /// harm, and answers when the store is closed.
    ///
    /// Commands that are dispatched by the handlers it waits for are handled. Called from within a handler it does not
    /// wait for that one; what that one still has to commit is refused.
    ///
    /// # Errors
    /// [`StillRunning`] when the time was over first. The store is closed all the same: what they still have to commit
    /// is refused.
    pub async fn close(&self, within: Duration) -> Result<(), StillRunning> {
        let drained = self.core.running.drain(Handling::depth(), within).await;
        self.core.repository.close().await;
        drained.map_err(|commands| StillRunning { commands })
    }

    /// Whether new commands are refused.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.core.running.is_closed()
    }

    /// How many commands are being handled.
    #[must_use]
    pub fn commands(&self) -> usize {
        self.core.running.count()
    }

    /// How long [`close`](Self::close) waits unless told otherwise.
    #[must_use]
    pub fn drain_within(&self) -> Duration {
        self.core.options.drain_within
    }
}

impl Core {
    /// Calls the handler.
    fn handle(
        core: Arc<Self>,
        mut request: CommandRequest,
    ) -> BoxFuture<'static, Result<CommandResponse, CommandFault>> {
        if request.metadata.correlation_id.is_none() || request.metadata.causation_id.is_none() {
            stamp(&mut request);
        }
        // within every layer, so that it is the span of the command, when there is one
        if request.metadata.trace.is_none()
            && let Some(trace) = core.repository.observer().trace()
        {
            request.metadata_mut().trace = Some(trace);
        }
        (request.route.run)(core, request)
    }
}

/// What nobody said until here: a fresh correlation, and the command as the cause.
fn stamp(request: &mut CommandRequest) {
    let id = request.command_id;
    let metadata = request.metadata_mut();
    metadata
        .correlation_id
        .get_or_insert_with(|| id.to_string());
    metadata.causation_id.get_or_insert_with(|| id.to_string());
}

fn typed<C: Dispatchable<To>, To>(
    response: Result<CommandResponse, CommandFault>,
) -> Result<C::Answer, DispatchError<C::Error>> {
    let misrouted = CommandFault::Misrouted { command: C::NAME };
    match response? {
        CommandResponse::Accepted(accepted) => Ok(C::answer(accepted).ok_or(misrouted)?),
        CommandResponse::Rejected(rejection) => match rejection.into_error() {
            Some(error) => Err(DispatchError::Rejected(error)),
            None => Err(misrouted.into()),
        },
    }
}

/// Closing did not wait any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{commands} command(s) were still being handled when the time to close was over: give it more with `drain_within`, or the commands a timeout"
)]
pub struct StillRunning {
    /// How many.
    pub commands: usize,
}
