use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::{Either, select};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{Bus, CommandFault, CommandRequest, CommandResponse, DispatchError, Effect, Progress};

/// A command that is being handled by itself. Await it for the answer, or [`cancel`](Self::cancel) it; dropped, the
/// command goes on.
#[must_use = "await it for the answer; `drop` it to let the command go on unheard"]
pub struct Detached<T, E> {
    task: JoinHandle<Result<T, DispatchError<E>>>,
    cancel: Arc<Notify>,
    progress: Progress,
    command: &'static str,
}

impl<T: Send + 'static, E: Send + 'static> Detached<T, E> {
    pub(super) fn spawn<F>(request: &CommandRequest, cancel: Arc<Notify>, dispatch: F) -> Self
    where
        F: Future<Output = Result<T, DispatchError<E>>> + Send + 'static,
    {
        Self {
            progress: request.progress.clone(),
            command: request.name(),
            task: tokio::spawn(dispatch),
            cancel,
        }
    }

    /// Asks that it ends, without waiting for that.
    ///
    /// Before a commit is submitted to the store the command ends where it waits: nothing is written, and the answer is
    /// [`CommandFault::Cancelled`]. **A commit under way is not disturbed**: it is seen through, and its answer is the
    /// answer. A free-standing handler ends where it waits, too, and what it did until then stays done, as the answer's
    /// [`Effect::Begun`] says.
    pub fn cancel(&self) {
        self.cancel.notify_one();
    }

    /// What is known of its effect by now.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.progress.effect()
    }

    /// Whether its answer is there.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T, E> Future for Detached<T, E> {
    type Output = Result<T, DispatchError<E>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.task).poll(context));
        Poll::Ready(ended.unwrap_or_else(|error| {
            let (command, effect) = (self.command, self.progress.effect());
            Err(DispatchError::Failed(if error.is_panic() {
                CommandFault::Panicked { command, effect }
            } else {
                CommandFault::Cancelled { command, effect }
            }))
        }))
    }
}

impl<T, E> std::fmt::Debug for Detached<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detached")
            .field("command", &self.command)
            .field("effect", &self.progress.effect())
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// Sends a command unless it is cancelled before anything was submitted.
    pub(super) async fn send_unless(
        &self,
        cancel: &Notify,
        request: CommandRequest,
    ) -> Result<CommandResponse, CommandFault> {
        let (command, progress) = (request.name(), request.progress.clone());
        let sent = pin!(self.send_entered(request));
        // What is sent is only polled here, so nothing is submitted between a look at the progress and the drop.
        match select(sent, pin!(cancel.notified())).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), sent)) => match progress.effect() {
                effect @ (Effect::None | Effect::Begun) => {
                    Err(CommandFault::Cancelled { command, effect })
                }
                Effect::Unknown | Effect::Durable => sent.await,
            },
        }
    }
}
