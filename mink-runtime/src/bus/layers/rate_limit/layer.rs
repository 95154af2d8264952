use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::RateLimitService;
use super::limiter::{KeyOf, Limiter, Rate};
use crate::bus::CommandRequest;

/// Lets no more commands pass than agreed.
#[derive(Clone)]
pub struct RateLimitLayer {
    rate: Rate,
    key_of: KeyOf,
    waits: Duration,
}

impl RateLimitLayer {
    /// So many commands per time, all together. Both are at least one, of nanoseconds the time.
    #[must_use]
    pub fn new(commands: u32, per: Duration) -> Self {
        Self {
            rate: Rate {
                commands,
                per,
                burst: None,
            },
            key_of: Arc::new(|_| String::new()),
            waits: Duration::ZERO,
        }
    }

    /// How many may come at once after a rest. As many as there are per time unless said.
    #[must_use]
    pub fn burst(mut self, commands: u32) -> Self {
        self.rate.burst = Some(commands);
        self
    }

    /// Each type of command has a share of its own.
    #[must_use]
    pub fn per_command(self) -> Self {
        self.per(|request| request.name().to_owned())
    }

    /// Each tenant has a share of its own.
    #[must_use]
    pub fn per_tenant(self) -> Self {
        self.per(|request| request.tenant().as_str().to_owned())
    }

    /// Each key has a share of its own.
    #[must_use]
    pub fn per(
        mut self,
        key_of: impl Fn(&CommandRequest) -> String + Send + Sync + 'static,
    ) -> Self {
        self.key_of = Arc::new(key_of);
        self
    }

    /// A command above the limit waits until it may pass, at most this long. It is refused at once when that is not
    /// enough. No order is kept among those that wait.
    #[must_use]
    pub fn waiting(mut self, at_most: Duration) -> Self {
        self.waits = at_most;
        self
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimitService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimitService::new(
            inner,
            Arc::new(Limiter::new(self.rate)),
            Arc::clone(&self.key_of),
            self.waits,
        )
    }
}

impl std::fmt::Debug for RateLimitLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("rate", &self.rate)
            .field("waits", &self.waits)
            .finish_non_exhaustive()
    }
}
