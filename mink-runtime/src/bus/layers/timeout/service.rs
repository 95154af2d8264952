use std::task::{Context, Poll};
use std::time::Duration;

use tower::Service;

use super::super::Answer;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`TimeoutLayer`](super::TimeoutLayer).
#[derive(Debug, Clone)]
pub struct TimeoutService<S> {
    inner: S,
    after: Duration,
}

impl<S> TimeoutService<S> {
    pub(super) const fn new(inner: S, after: Duration) -> Self {
        Self { inner, after }
    }
}

impl<S> Service<CommandRequest> for TimeoutService<S>
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
        let command = request.name();
        let progress = request.progress().clone();
        let after = self.after;
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answered = tokio::time::timeout(after, answer).await;
            answered.unwrap_or_else(|_| {
                Err(CommandFault::TimedOut {
                    command,
                    after,
                    effect: progress.effect(),
                })
            })
        })
    }
}
