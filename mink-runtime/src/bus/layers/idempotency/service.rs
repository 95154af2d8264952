use std::task::{Context, Poll};

use tower::Service;

use super::layer::KeyOf;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`IdempotencyLayer`](super::IdempotencyLayer).
#[derive(Clone)]
pub struct IdempotencyService<S> {
    inner: S,
    key_of: KeyOf,
    replaces: bool,
}

impl<S> IdempotencyService<S> {
    pub(super) const fn new(inner: S, key_of: KeyOf, replaces: bool) -> Self {
        Self {
            inner,
            key_of,
            replaces,
        }
    }
}

impl<S> Service<CommandRequest> for IdempotencyService<S>
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
        if (self.replaces || request.idempotency_key().is_none())
            && let Some(key) = (self.key_of)(&request)
        {
            request.options_mut().idempotency_key = Some(key);
        }
        self.inner.call(request)
    }
}
