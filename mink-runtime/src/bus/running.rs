//! Which commands are being handled, so that closing can wait for them.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::Core;

const CLOSED: usize = 1 << (usize::BITS - 1);

/// Counts the commands that are being handled.
#[derive(Default)]
pub(super) struct Running {
    /// How many there are, and whether new ones are refused.
    state: AtomicUsize,
    /// How many of them wait here for the others.
    waiting: AtomicUsize,
    moved: Notify,
}

impl Running {
    /// Counts one in; `None` when new ones are refused. One that is dispatched within another is a part of it, and is
    /// let in as long as the other runs.
    pub(super) fn enter(core: &Arc<Core>, nested: bool) -> Option<Entered> {
        let before = core.running.state.fetch_add(1, Ordering::AcqRel);
        let entered = Entered(Arc::clone(core));
        (nested || before & CLOSED == 0).then_some(entered)
    }

    /// Whether new commands are refused.
    pub(super) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// How many commands are being handled.
    pub(super) fn count(&self) -> usize {
        self.state.load(Ordering::Acquire) & !CLOSED
    }

    /// Refuses new commands and waits until none is left, or only such as wait here themselves. Tells how many were
    /// still being handled at the deadline.
    ///
    /// `own` is how many of them the caller is within.
    pub(super) async fn drain(&self, own: usize, within: Duration) -> Result<(), usize> {
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
        self.waiting.fetch_add(own, Ordering::AcqRel);
        self.moved.notify_waiters();
        let _left = Left { running: self, own };
        let others = || {
            self.count()
                .saturating_sub(self.waiting.load(Ordering::Acquire))
        };
        let drained = async {
            loop {
                let mut moved = pin!(self.moved.notified());
                moved.as_mut().enable();
                if others() == 0 {
                    return;
                }
                moved.await;
            }
        };
        match tokio::time::timeout(within, drained).await {
            Ok(()) => Ok(()),
            Err(_) => Err(others()),
        }
    }
}

struct Left<'a> {
    running: &'a Running,
    own: usize,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.running.waiting.fetch_sub(self.own, Ordering::AcqRel);
    }
}

/// One command that is being handled, until it is dropped.
pub(super) struct Entered(Arc<Core>);

impl Drop for Entered {
    fn drop(&mut self) {
        let running = &self.0.running;
        let before = running.state.fetch_sub(1, Ordering::AcqRel);
        if before & CLOSED != 0 {
            running.moved.notify_waiters();
        }
    }
}
