use std::sync::Arc;
use std::task::{Context, Poll};

use tower::Service;

use super::super::Answer;
use super::super::observed::observed;
use super::meter::Meter;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`MetricsLayer`](super::MetricsLayer).
#[derive(Debug, Clone)]
pub struct MetricsService<S> {
    inner: S,
    service: Arc<str>,
}

impl<S> MetricsService<S> {
    pub(super) const fn new(inner: S, service: Arc<str>) -> Self {
        Self { inner, service }
    }
}

impl<S> Service<CommandRequest> for MetricsService<S>
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
        let meter = Meter::begin(Arc::clone(&self.service), request.name());
        observed(|| self.inner.call(request), |ending| meter.end(ending))
    }
}
