//! Contestants take turns, so that whatever else the machine does hits all of them.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::BoxFuture;
use rustix::time::{ClockId, clock_gettime};

/// Which column of the table a contestant stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Mink, through its public path.
    Mink,
    /// By hand: the same rows, indexes, metadata and positions with the same durability.
    Same,
    /// By hand: the same, one commit for each event, where `Same` groups the commits of many tasks.
    Ungrouped,
    /// By hand: the payload alone.
    Bare,
}

/// One turn's work; answers how many events it wrote or read.
pub type Work = Box<dyn Fn() -> BoxFuture<'static, Result<u64>> + Send + Sync>;

/// Somebody who does the work.
pub struct Contestant {
    /// The column.
    pub side: Side,
    /// How it is done, where that is worth saying, as "8 connections".
    pub how: String,
    work: Work,
}

impl Contestant {
    /// A contestant that does `work` at each of its turns.
    pub fn new<F>(side: Side, work: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<u64>> + Send + 'static,
    {
        Self {
            side,
            how: String::new(),
            work: Box::new(move || Box::pin(work())),
        }
    }

    /// Says how it is done.
    #[must_use]
    pub fn how(mut self, how: impl Into<String>) -> Self {
        self.how = how.into();
        self
    }

    /// One turn that nobody times.
    pub fn work(&self) -> BoxFuture<'static, Result<u64>> {
        (self.work)()
    }

    /// One turn. The work runs on the runtime's own threads, as a server's would.
    ///
    /// # Errors
    /// What the work says.
    pub async fn take_turn(&self) -> Result<Lap> {
        let work = self.work();
        let (began, cpu) = (Instant::now(), cpu_time());
        let events = tokio::spawn(work).await??;
        Ok(Lap {
            events,
            wall: began.elapsed(),
            cpu: cpu_time().saturating_sub(cpu),
        })
    }
}

/// What one turn gave.
#[derive(Debug, Clone, Copy)]
pub struct Lap {
    /// Events written or read.
    pub events: u64,
    /// How long it took.
    pub wall: Duration,
    /// How much of this process's processor time it took, all threads together.
    pub cpu: Duration,
}

impl Lap {
    /// Events in a second.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a rate for a table")]
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    /// Microseconds of processor time for an event.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a rate for a table")]
    pub fn cpu_per_event(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / (self.events.max(1)) as f64
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// All turns of one contestant, in the order of the rounds.
pub struct Score {
    /// The column.
    pub side: Side,
    /// How it is done.
    pub how: String,
    /// One for each round.
    pub laps: Vec<Lap>,
}

/// Lets everybody take turns for some rounds, each round beginning with another one. A first turn of everybody warms
/// caches and prepared statements, and is not counted.
///
/// # Errors
/// What the works say.
pub async fn compete(contestants: &[Contestant], rounds: usize) -> Result<Vec<Score>> {
    let mut scores: Vec<_> = contestants
        .iter()
        .map(|contestant| Score {
            side: contestant.side,
            how: contestant.how.clone(),
            laps: Vec::with_capacity(rounds),
        })
        .collect();
    for round in 0..=rounds {
        for turn in 0..contestants.len() {
            let who = (round + turn) % contestants.len();
            let lap = contestants[who].take_turn().await?;
            if round > 0 || rounds == 1 {
                scores[who].laps.push(lap);
            }
        }
    }
    Ok(scores)
}

/// The middle of some figures, and how far they lie apart: a quarter of them is below `low`, a quarter above `high`.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// The lower quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

impl Spread {
    /// Of these figures; zero of none.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let at = |quarters: usize| {
            let last = figures.len().saturating_sub(1);
            figures
                .get((last * quarters + 2) / 4)
                .copied()
                .unwrap_or_default()
        };
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }
}

impl Score {
    /// Events in a second.
    #[must_use]
    pub fn rate(&self) -> Spread {
        Spread::of(self.laps.iter().map(Lap::rate))
    }

    /// Microseconds of processor time for an event.
    #[must_use]
    pub fn cpu(&self) -> Spread {
        Spread::of(self.laps.iter().map(Lap::cpu_per_event))
    }

    /// This rate divided by another one's, round by round.
    #[must_use]
    pub fn ratio_to(&self, other: &Self) -> Spread {
        let pairs = self.laps.iter().zip(&other.laps);
        Spread::of(pairs.map(|(mine, theirs)| mine.rate() / theirs.rate().max(1e-9)))
    }
}
