use std::sync::Arc;
use std::task::{Context, Poll};

use tower::Service;
use tracing::Instrument;

use super::super::Answer;
use super::super::observed::observed;
use super::span;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`TracingLayer`](super::TracingLayer).
#[derive(Debug, Clone)]
pub struct TracingService<S> {
    inner: S,
    service: Option<Arc<str>>,
}

impl<S> TracingService<S> {
    pub(super) const fn new(inner: S, service: Option<Arc<str>>) -> Self {
        Self { inner, service }
    }
}

impl<S> Service<CommandRequest> for TracingService<S>
where
    S: Service<
            CommandRequest,
            Response = CommandResponse,
            Error = CommandFault,
            Future: Send + 'static,
        >,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: CommandRequest) -> Answer {
        let span = span::of(&request, self.service.as_deref());
        let entered = span.clone();
        observed(
            || {
                entered
                    .in_scope(|| self.inner.call(request))
                    .instrument(entered.clone())
            },
            move |ending| span::ended(&span, ending),
        )
    }
}
