use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::RetryService;
use super::policy::RetryPolicy;
use crate::bus::{CommandFault, Rejection};

/// Sends a command again after a fault that passes.
#[derive(Debug, Clone, Default)]
pub struct RetryLayer {
    policy: RetryPolicy,
}

impl RetryLayer {
    /// Three attempts, waits from 50 milliseconds to one second, ten seconds in all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many attempts there are, the first included. At least one is always made.
    #[must_use]
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.policy.attempts = attempts;
        self
    }

    /// The wait before the second attempt. Each further one is twice as long.
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> Self {
        self.policy.first_wait = wait;
        self
    }

    /// No wait is longer than this, jitter included.
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.policy.longest_wait = wait;
        self
    }

    /// No attempt starts later than this after the first one.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.policy.within = time;
        self
    }

    /// Waits of exactly the length that is configured, for tests. Without jitter, callers that failed together come back
    /// together.
    #[must_use]
    pub fn without_jitter(mut self) -> Self {
        self.policy.jitter = false;
        self
    }

    /// Decides which faults are worth another attempt, in the place of
    /// [`is_transient`](CommandFault::is_transient). A command that may have taken effect is never sent again, whatever
    /// it says.
    #[must_use]
    pub fn when(mut self, worth: impl Fn(&CommandFault) -> bool + Send + Sync + 'static) -> Self {
        self.policy.faults = Arc::new(worth);
        self
    }

    /// Also tries again after the refusals that `worth` picks, such as a gateway's "busy" that a free-standing handler
    /// passes on. None unless configured: what the domain refused, it refuses again.
    #[must_use]
    pub fn when_rejected(
        mut self,
        worth: impl Fn(&Rejection) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.policy.rejections = Some(Arc::new(worth));
        self
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = RetryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService::new(inner, self.policy.clone())
    }
}
