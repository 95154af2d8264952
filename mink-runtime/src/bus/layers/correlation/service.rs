use std::task::{Context, Poll};

use tower::Service;

use super::layer::IdOf;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`CorrelationLayer`](super::CorrelationLayer).
#[derive(Clone)]
pub struct CorrelationService<S> {
    inner: S,
    id_of: IdOf,
    replaces: bool,
}

impl<S> CorrelationService<S> {
    pub(super) const fn new(inner: S, id_of: IdOf, replaces: bool) -> Self {
        Self {
            inner,
            id_of,
            replaces,
        }
    }
}

impl<S> Service<CommandRequest> for CorrelationService<S>
where
    S: Service<CommandRequest, Response = CommandResponse, Error = CommandFault>,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: CommandRequest) -> S::Future {
        if (self.replaces || request.metadata().correlation_id.is_none())
            && let Some(id) = (self.id_of)(&request)
        {
            // the span of the command, when there is one, was opened before it was known
            tracing::Span::current().record("mink.correlation_id", id.as_str());
            request.metadata_mut().correlation_id = Some(id);
        }
        self.inner.call(request)
    }
}
