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
    /// How long the answer of a command with an idempotency key is kept. 24 hours unless configured.
    pub keep_answers: Duration,
    /// How long a free-standing handler's hold on a key lasts when its process dies. While it works the hold is renewed.
    /// 30 seconds unless configured.
    pub hold_keys: Duration,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            conflict_retries: 64,
            concurrency: 64,
            drain_within: Duration::from_secs(30),
            keep_answers: Duration::from_secs(24 * 60 * 60),
            hold_keys: Duration::from_secs(30),
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
    /// The idempotency key, instead of the one that the command itself has. Kept as a digest: any length will do.
    pub idempotency_key: Option<String>,
    /// How long the answer is kept under the key; [`BusOptions::keep_answers`] unless said.
    pub keep_for: Option<Duration>,
    /// Whether a refusal by the domain is kept under the key, too; as the command says unless said.
    pub replay_errors: Option<bool>,
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

    /// Lets the command take effect at most once under this key, for as long as its answer is kept: whoever sends it
    /// again gets the first answer.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// How long the answer is kept under the key.
    #[must_use]
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.keep_for = Some(time);
        self
    }

    /// Whether a refusal by the domain is kept under the key, too, so that the command is refused again however the
    /// state has changed. The domain's error must be written as JSON and read back.
    #[must_use]
    pub fn replay_errors(mut self, keep: bool) -> Self {
        self.replay_errors = Some(keep);
        self
    }
}
