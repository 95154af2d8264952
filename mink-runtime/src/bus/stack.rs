//! The layers around the handlers.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceExt};

use super::{CommandFault, CommandRequest, CommandResponse, Core};

/// What a layer wraps: all that is within it.
pub type CommandService = BoxCloneSyncService<CommandRequest, CommandResponse, CommandFault>;

type Wrap = Arc<dyn Fn(CommandService) -> CommandService + Send + Sync>;

/// Layers in their order: the first is the outermost, which sees a command first and its answer last.
///
/// A layer is any [`tower::Layer`] whose service takes a [`CommandRequest`] and answers with a [`CommandResponse`]. Its
/// error may be any: what is not a [`CommandFault`], nor made from one, becomes [`CommandFault::Layer`].
#[derive(Clone, Default)]
pub struct Stack {
    layers: Vec<Wrap>,
}

/// The default layers. Those of the application are in the middle.
#[derive(Clone, Default)]
pub struct DefaultStack {
    /// Around the application's.
    pub outer: Stack,
    /// Within the application's, next to the handlers.
    pub inner: Stack,
}

impl Stack {
    /// No layers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer within those that are there.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: CommandLayer,
    {
        self.layers.push(Arc::new(move |inner| layer.wrap(inner)));
        self
    }

    /// Adds a layer within those that are there, for the commands that `applies` picks; the others pass by.
    #[must_use]
    pub fn layer_when<L>(
        mut self,
        applies: impl Fn(&CommandRequest) -> bool + Send + Sync + 'static,
        layer: L,
    ) -> Self
    where
        L: CommandLayer,
    {
        let applies: Applies = Arc::new(applies);
        self.layers.push(Arc::new(move |inner: CommandService| {
            BoxCloneSyncService::new(When {
                applies: Arc::clone(&applies),
                layered: layer.wrap(inner.clone()),
                inner,
            })
        }));
        self
    }

    /// Adds the layers of `other` within those that are there.
    #[must_use]
    pub fn stack(mut self, other: Self) -> Self {
        self.layers.extend(other.layers);
        self
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    pub(super) fn around(&self, core: &Arc<Core>) -> Option<CommandService> {
        if self.is_empty() {
            return None;
        }
        let router = CommandService::new(Router(Arc::clone(core)));
        Some(self.layers.iter().rfold(router, |inner, wrap| wrap(inner)))
    }
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack")
            .field("layers", &self.layers.len())
            .finish()
    }
}

/// A [`tower::Layer`] that fits around commands. Implemented for all that do; nobody implements it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer for commands",
    label = "it does not fit around commands",
    note = "a layer is a `tower::Layer<CommandService>` whose service is a `tower::Service<CommandRequest, Response = CommandResponse>`, is `Clone`, `Send` and `Sync`, and fails with an error that turns into a `tower::BoxError`"
)]
pub trait CommandLayer: Send + Sync + 'static {
    /// Puts the layer around what is within it.
    fn wrap(&self, inner: CommandService) -> CommandService;
}

#[diagnostic::do_not_recommend]
impl<L> CommandLayer for L
where
    L: Layer<CommandService> + Send + Sync + 'static,
    L::Service: Service<CommandRequest, Response = CommandResponse> + Clone + Send + Sync + 'static,
    <L::Service as Service<CommandRequest>>::Error: Into<BoxError>,
    <L::Service as Service<CommandRequest>>::Future: Send + 'static,
{
    fn wrap(&self, inner: CommandService) -> CommandService {
        let service = self.layer(inner);
        CommandService::new(service.map_err(|error| CommandFault::of(error.into())))
    }
}

/// The innermost service: calls the handler. Looks nothing up, since a request knows its way.
#[derive(Clone)]
struct Router(Arc<Core>);

impl Service<CommandRequest> for Router {
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = BoxFuture<'static, Result<CommandResponse, CommandFault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: CommandRequest) -> Self::Future {
        Core::handle(Arc::clone(&self.0), request)
    }
}

type Applies = Arc<dyn Fn(&CommandRequest) -> bool + Send + Sync>;

#[derive(Clone)]
struct When {
    applies: Applies,
    layered: CommandService,
    inner: CommandService,
}

impl Service<CommandRequest> for When {
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = BoxFuture<'static, Result<CommandResponse, CommandFault>>;

    // which of the two must be ready is known when the request is here
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: CommandRequest) -> Self::Future {
        let way = if (self.applies)(&request) {
            &self.layered
        } else {
            &self.inner
        };
        Box::pin(way.clone().oneshot(request))
    }
}
