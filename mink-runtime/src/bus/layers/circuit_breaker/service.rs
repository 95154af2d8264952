use std::sync::Arc;
use std::task::{Context, Poll};

use tower::Service;

use super::super::Answer;
use super::circuit::{Circuit, Settings, Verdict};
use super::layer::Counts;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
#[derive(Clone)]
pub struct CircuitBreakerService<S> {
    inner: S,
    circuit: Arc<Circuit>,
    settings: Settings,
    counts: Counts,
}

impl<S> CircuitBreakerService<S> {
    pub(super) const fn new(
        inner: S,
        circuit: Arc<Circuit>,
        settings: Settings,
        counts: Counts,
    ) -> Self {
        Self {
            inner,
            circuit,
            settings,
            counts,
        }
    }
}

impl<S> Service<CommandRequest> for CircuitBreakerService<S>
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
        let mut pass = match self.circuit.enter(&self.settings) {
            Ok(pass) => pass,
            Err(retry_after) => {
                return Box::pin(std::future::ready(Err(CommandFault::CircuitOpen {
                    command,
                    retry_after,
                })));
            }
        };
        let counts = Arc::clone(&self.counts);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            pass.learned(match &answer {
                Ok(_) => Verdict::Well,
                Err(fault) if counts(fault) => Verdict::Outage,
                Err(_) => Verdict::Neither,
            });
            drop(pass);
            answer
        })
    }
}
