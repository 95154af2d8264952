use std::task::{Context, Poll};

use tower::Service;

use super::super::Answer;
use super::caught;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`PanicRecoveryLayer`](super::PanicRecoveryLayer).
#[derive(Debug, Clone)]
pub struct PanicRecoveryService<S> {
    inner: S,
}

impl<S> PanicRecoveryService<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<CommandRequest> for PanicRecoveryService<S>
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
        caught(&mut self.inner, request)
    }
}
