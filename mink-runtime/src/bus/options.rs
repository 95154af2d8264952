use std::time::Duration;

/// How commands are dispatched.
#[derive(Debug, Clone, Copy)]
pub struct BusOptions {
    /// How often a command is decided anew after another writer was first. 64 unless configured.
    pub conflict_retries: usize,
    /// How many commands of one [`dispatch_all`](super::Bus::dispatch_all) run at the same time. 64 unless configured.
    pub concurrency: usize,
    /// How long shutting down waits for the commands that are being handled. 30 seconds unless configured.
    pub drain_within: Duration,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            conflict_retries: 64,
            concurrency: 64,
            drain_within: Duration::from_secs(30),
        }
    }
}

/// How one command is dispatched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DispatchOptions {
    /// How long to wait for the answer; [`CommandFault::TimedOut`](super::CommandFault::TimedOut) afterwards, which says
    /// whether the commit may have happened. For ever unless said.
    pub within: Option<Duration>,
}

impl DispatchOptions {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long to wait for the answer.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }
}
