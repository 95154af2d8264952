//! Work that goes on to its end, whoever stops waiting for it.
//!
//! **Problem.** A future that is dropped in the middle of a statement leaves a connection that nobody can use, and a
//! commit of which nobody hears. **Mechanism.** The work is done by whoever waits for it; when that one is dropped first, what is
//! left of it moves into a task of its own. **Cost.** A box; no task, and so no wake-up, as long as nobody gives up.
//! **What the caller must do.** Poll it, or drop it: work that is neither polled nor dropped stands still.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, CatchUnwind};
use tokio::runtime::Handle;

/// The work panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

type Caught<T> = CatchUnwind<AssertUnwindSafe<BoxFuture<'static, T>>>;

pub(crate) struct Finishing<T: Send + 'static> {
    /// `None` once it has ended.
    work: Option<Caught<T>>,
    /// Where it was begun. What was not begun needs no end.
    runtime: Option<Handle>,
}

impl<T: Send + 'static> Finishing<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self {
            work: Some(AssertUnwindSafe(work.boxed()).catch_unwind()),
            runtime: None,
        }
    }
}

impl<T: Send + 'static> Future for Finishing<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.runtime.is_none() {
            self.runtime = Handle::try_current().ok();
        }
        let Some(work) = &mut self.work else {
            return Poll::Ready(Err(Panicked));
        };
        let ended = std::task::ready!(work.poll_unpin(context));
        self.work = None;
        Poll::Ready(ended.map_err(|_: Box<dyn Any + Send>| Panicked))
    }
}

impl<T: Send + 'static> Drop for Finishing<T> {
    fn drop(&mut self) {
        // A runtime that is ending takes no more tasks: there the work ends with it.
        if let (Some(work), Some(runtime)) = (self.work.take(), &self.runtime) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use futures_util::poll;
    use tokio::sync::oneshot;

    use super::{Finishing, Panicked};

    #[tokio::test]
    async fn whoever_waits_gets_the_answer() {
        assert_eq!(Finishing::new(async { 7 }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_was_begun_goes_on_when_nobody_waits_any_more() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, told) = oneshot::channel();
        let mut work = Box::pin(Finishing::new(async move {
            gone.await.unwrap();
            done.send(7).unwrap();
        }));
        assert!(poll!(&mut work).is_pending());
        drop(work);
        go.send(()).unwrap();
        assert_eq!(told.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_was_begun_goes_on_when_a_thread_without_a_runtime_drops_it() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, told) = oneshot::channel();
        let mut work = Box::pin(Finishing::new(async move {
            gone.await.unwrap();
            done.send(7).unwrap();
        }));
        assert!(poll!(&mut work).is_pending());
        std::thread::spawn(move || drop(work)).join().unwrap();
        go.send(()).unwrap();
        assert_eq!(told.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_nobody_began_is_not_done() {
        let (done, told) = oneshot::channel();
        drop(Finishing::new(async move { done.send(7).unwrap() }));
        told.await.unwrap_err();
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let work = Finishing::new(async { panic!("as asked") });
        assert!(matches!(work.await, Err::<(), _>(Panicked)));
    }
}
