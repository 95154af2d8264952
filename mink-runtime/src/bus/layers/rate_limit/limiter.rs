use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::bus::CommandRequest;

pub(super) type KeyOf = Arc<dyn Fn(&CommandRequest) -> String + Send + Sync>;

/// So many per time, with a burst.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) commands: u32,
    pub(super) per: Duration,
    pub(super) burst: Option<u32>,
}

impl Rate {
    fn quota(self) -> Quota {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let commands = at_least_one(self.commands);
        let one_per = (self.per / commands.get()).max(Duration::from_nanos(1));
        let burst = self.burst.map_or(commands, at_least_one);
        match Quota::with_period(one_per) {
            Some(quota) => quota.allow_burst(burst),
            // a period of zero is no limit, and it was made longer than that
            None => Quota::per_second(NonZeroU32::MAX),
        }
    }
}

/// Tokio's time, which tests can hold still.
#[derive(Debug, Clone)]
struct SinceStart(Instant);

impl Clock for SinceStart {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

/// Keys looked at between two sweeps.
const SWEEP_EVERY: usize = 1024;

/// The state of a limit, by key.
pub(super) struct Limiter {
    by_key: RateLimiter<String, HashMapStateStore<String>, SinceStart, NoOpMiddleware<Nanos>>,
    clock: SinceStart,
    asked: AtomicUsize,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        let clock = SinceStart(Instant::now());
        Self {
            by_key: RateLimiter::new(rate.quota(), HashMapStateStore::default(), clock.clone()),
            clock,
            asked: AtomicUsize::new(0),
        }
    }

    /// Takes one from the key's share, or says how long until there is one.
    pub(super) fn take(&self, key: &String) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.by_key.retain_recent();
        }
        self.by_key
            .check_key(key)
            .map_err(|until| until.wait_time_from(self.clock.now()))
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> usize {
        self.by_key.len()
    }
}
