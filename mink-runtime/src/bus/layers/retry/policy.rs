use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::bus::{CommandFault, CommandResponse, Progress, Rejection};

type Worth<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

/// When a command is sent again, and how long that waits.
#[derive(Clone)]
pub(super) struct RetryPolicy {
    pub(super) attempts: usize,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    pub(super) within: Duration,
    pub(super) jitter: bool,
    pub(super) faults: Worth<CommandFault>,
    pub(super) rejections: Option<Worth<Rejection>>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(1),
            within: Duration::from_secs(10),
            jitter: true,
            faults: Arc::new(CommandFault::is_transient),
            rejections: None,
        }
    }
}

impl RetryPolicy {
    /// Whether another attempt is worth it, and harmless.
    pub(super) fn asks_for_more(
        &self,
        answer: &Result<CommandResponse, CommandFault>,
        progress: &Progress,
    ) -> bool {
        if progress.effect().may_have_happened() {
            return false;
        }
        match answer {
            Ok(CommandResponse::Accepted(_)) => false,
            Ok(CommandResponse::Rejected(rejection)) => self
                .rejections
                .as_ref()
                .is_some_and(|worth| worth(rejection)),
            Err(fault) => !fault.may_have_happened() && (self.faults)(fault),
        }
    }

    pub(super) fn waits(&self) -> Waits {
        let mut growing = ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .with_max_times(self.attempts.saturating_sub(1));
        if self.jitter {
            growing = growing.with_jitter();
        }
        Waits {
            growing: growing.build(),
            longest: self.longest_wait,
            until: Instant::now() + self.within,
        }
    }
}

impl std::fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("attempts", &self.attempts)
            .field("first_wait", &self.first_wait)
            .field("longest_wait", &self.longest_wait)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

/// The waits before the further attempts.
pub(super) struct Waits {
    growing: ExponentialBackoff,
    longest: Duration,
    until: Instant,
}

impl Iterator for Waits {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        // jitter comes on top of the growth's own cap
        let wait = self.growing.next()?.min(self.longest);
        (Instant::now() + wait <= self.until).then_some(wait)
    }
}
