use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::Service;

use super::super::{Answer, ready_clone};
use super::limiter::{KeyOf, Limiter};
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Clone)]
pub struct RateLimitService<S> {
    inner: S,
    limiter: Arc<Limiter>,
    key_of: KeyOf,
    waits: Duration,
}

impl<S> RateLimitService<S> {
    pub(super) const fn new(
        inner: S,
        limiter: Arc<Limiter>,
        key_of: KeyOf,
        waits: Duration,
    ) -> Self {
        Self {
            inner,
            limiter,
            key_of,
            waits,
        }
    }
}

impl<S> Service<CommandRequest> for RateLimitService<S>
where
    S: Service<
            CommandRequest,
            Response = CommandResponse,
            Error = CommandFault,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: CommandRequest) -> Answer {
        let key = (self.key_of)(&request);
        let Err(wait) = self.limiter.take(&key) else {
            return Box::pin(self.inner.call(request));
        };
        let mut inner = ready_clone(&mut self.inner);
        let limiter = Arc::clone(&self.limiter);
        let until = Instant::now() + self.waits;
        Box::pin(async move {
            let mut next = Err(wait);
            while let Err(retry_after) = next {
                if Instant::now() + retry_after > until {
                    return Err(CommandFault::RateLimited {
                        command: request.name(),
                        retry_after,
                    });
                }
                tokio::time::sleep(retry_after).await;
                next = limiter.take(&key);
            }
            inner.call(request).await
        })
    }
}
