//! How much is measured.

use std::time::{Duration, Instant};

/// How long and how much each contestant works.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// How often every contestant gets its turn.
    pub rounds: usize,
    /// How long one turn lasts.
    pub turn: Duration,
    /// The most commits (or loads) in one turn.
    pub most: u64,
    /// How many tasks append at the same time.
    pub tasks: u64,
    /// How many events one large commit holds.
    pub batch: u64,
    /// How many events the stream has that is loaded.
    pub stream: u64,
    /// How many events are in the feed that is scanned.
    pub feed: u64,
    /// With how many connections the hand-written side is tried, where more than one can help.
    pub connections: &'static [usize],
}

impl Amount {
    /// What figures are published from.
    #[must_use]
    pub fn full() -> Self {
        Self {
            rounds: 15,
            turn: Duration::from_millis(500),
            most: 50_000,
            tasks: 64,
            batch: 100,
            stream: 1000,
            feed: 100_000,
            connections: &[1, 2, 4, 8, 16, 32],
        }
    }

    /// Enough to see what a change did.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            rounds: 7,
            turn: Duration::from_millis(250),
            feed: 20_000,
            ..Self::full()
        }
    }

    /// Enough to see that everything runs.
    #[must_use]
    pub fn smoke() -> Self {
        Self {
            rounds: 1,
            turn: Duration::from_secs(30),
            most: 3,
            tasks: 4,
            batch: 10,
            stream: 10,
            feed: 30,
            connections: &[1, 3],
        }
    }

    /// One turn, which ends by the clock or by count.
    #[must_use]
    pub fn begin_turn(&self) -> Turn {
        Turn {
            ends: Instant::now() + self.turn,
            left: self.most,
        }
    }
}

/// What is left of a turn.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    ends: Instant,
    left: u64,
}

impl Turn {
    /// Whether there is time for one more; counts it.
    pub fn goes_on(&mut self) -> bool {
        if self.left == 0 || Instant::now() >= self.ends {
            return false;
        }
        self.left -= 1;
        true
    }
}
