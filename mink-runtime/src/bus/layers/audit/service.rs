use std::sync::Arc;
use std::task::{Context, Poll};

use tower::{BoxError, Service};
use tracing::Instrument;

use super::super::Answer;
use super::super::panic_recovery::caught;
use super::entry::Begun;
use super::{AuditEntry, AuditHook, AuditOutcome};
use crate::bus::{CommandFault, CommandRequest, CommandResponse, Ended, Progress};

/// See [`AuditLayer`](super::AuditLayer).
#[derive(Clone)]
pub struct AuditService<S> {
    inner: S,
    hook: Arc<dyn AuditHook>,
    fails_closed: bool,
}

impl<S> AuditService<S> {
    pub(super) const fn new(inner: S, hook: Arc<dyn AuditHook>, fails_closed: bool) -> Self {
        Self {
            inner,
            hook,
            fails_closed,
        }
    }
}

impl<S> Service<CommandRequest> for AuditService<S>
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
        let mut audit = Audit {
            hook: Arc::clone(&self.hook),
            begun: Some(Begun::now(&request)),
            progress: progress.clone(),
        };
        let fails_closed = self.fails_closed;
        let answer = caught(&mut self.inner, request);
        Box::pin(async move {
            let answer = answer.await;
            let Some(entry) = audit.entry(&answer) else {
                return answer;
            };
            let Err(reason) = told(Arc::clone(&audit.hook), entry).await else {
                return answer;
            };
            tracing::error!(target: "mink::command", command, %reason, "a command was not audited");
            if !fails_closed {
                return answer;
            }
            Err(CommandFault::Unaudited {
                command,
                reason: reason.into(),
                effect: progress.effect(),
                ended: Box::new(Ended::from(answer)),
            })
        })
    }
}

/// What is to be told of one command, also when nobody waits for its answer any longer.
struct Audit {
    hook: Arc<dyn AuditHook>,
    begun: Option<Begun>,
    progress: Progress,
}

impl Audit {
    fn entry(&mut self, answer: &Result<CommandResponse, CommandFault>) -> Option<AuditEntry> {
        self.begun.take().map(|begun| begun.answered(answer))
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        let Some(begun) = self.begun.take() else {
            return;
        };
        let effect = self.progress.effect();
        let entry = begun.ended(AuditOutcome::Abandoned { effect });
        let hook = Arc::clone(&self.hook);
        // a runtime that ends takes its tasks with it, so there is nobody left to tell
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let command = entry.command;
                if let Err(reason) = told(hook, entry).await {
                    tracing::error!(target: "mink::command", command, %reason, "a command was not audited");
                }
            });
        }
    }
}

/// Tells the hook in a task of its own: whoever goes away does not interrupt it.
async fn told(hook: Arc<dyn AuditHook>, entry: AuditEntry) -> Result<(), BoxError> {
    let telling = async move { hook.record(entry).await }.in_current_span();
    match tokio::spawn(telling).await {
        Ok(told) => told,
        Err(gone) if gone.is_panic() => Err("the audit hook panicked".into()),
        Err(_) => Err("the runtime ended".into()),
    }
}
