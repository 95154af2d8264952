use std::task::{Context, Poll};

use tower::{Service, ServiceExt};

use super::super::{Answer, ready_clone};
use super::policy::RetryPolicy;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`RetryLayer`](super::RetryLayer).
#[derive(Debug, Clone)]
pub struct RetryService<S> {
    inner: S,
    policy: RetryPolicy,
}

impl<S> RetryService<S> {
    pub(super) const fn new(inner: S, policy: RetryPolicy) -> Self {
        Self { inner, policy }
    }
}

impl<S> Service<CommandRequest> for RetryService<S>
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
        let mut inner = ready_clone(&mut self.inner);
        let policy = self.policy.clone();
        Box::pin(async move {
            let mut waits = policy.waits();
            let mut answer = inner.call(request.clone()).await;
            while policy.asks_for_more(&answer, request.progress()) {
                let Some(wait) = waits.next() else { break };
                tracing::debug!(command = request.name(), ?wait, "trying again");
                tokio::time::sleep(wait).await;
                answer = inner.ready().await?.call(request.clone()).await;
            }
            answer
        })
    }
}
