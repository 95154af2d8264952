use std::future::{Ready, ready};
use std::task::{Context, Poll};

use futures_util::future::Either;
use tower::Service;

use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`ValidationLayer`](super::ValidationLayer).
#[derive(Debug, Clone)]
pub struct ValidationService<S> {
    inner: S,
}

impl<S> ValidationService<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<CommandRequest> for ValidationService<S>
where
    S: Service<CommandRequest, Response = CommandResponse, Error = CommandFault>,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = Either<S::Future, Ready<Result<CommandResponse, CommandFault>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: CommandRequest) -> Self::Future {
        match request.validate() {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(errors) => Either::Right(ready(Err(CommandFault::Invalid {
                command: request.name(),
                errors,
            }))),
        }
    }
}
