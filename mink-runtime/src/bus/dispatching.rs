use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

/// A dispatch under way, to be awaited. Nothing happens before it is, and dropping it lets go of a command that has not
/// ended: before its commit was submitted nothing is written, afterwards the commit may happen.
#[must_use = "a command is sent when this is awaited"]
pub struct Dispatching<'a, T>(BoxFuture<'a, T>);

impl<'a, T> Dispatching<'a, T> {
    // A type of its own, for an `async fn` would have the compiler repeat at each `.await` what is wrong with the command.
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for Dispatching<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.0.as_mut().poll(context)
    }
}

impl<T> std::fmt::Debug for Dispatching<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatching").finish_non_exhaustive()
    }
}
