use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How a circuit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// Commands pass.
    Closed,
    /// Commands are refused.
    Open,
    /// A few commands pass, to see how it is.
    HalfOpen,
}

impl fmt::Display for CircuitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half open",
        })
    }
}

/// A circuit is in another state than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitChange {
    /// Before.
    pub from: CircuitState,
    /// Now.
    pub to: CircuitState,
    /// How long commands are refused, when it is open now.
    pub open_for: Option<Duration>,
}

pub(super) type OnChange = Arc<dyn Fn(&CircuitChange) + Send + Sync>;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) opens_after: u32,
    pub(super) open_for: Duration,
    pub(super) open_for_at_most: Duration,
    pub(super) probes: u32,
    pub(super) on_change: Option<OnChange>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            opens_after: 5,
            open_for: Duration::from_secs(1),
            open_for_at_most: Duration::from_secs(60),
            probes: 1,
            on_change: None,
        }
    }
}

/// How it ended for the circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// What stands behind the circuit did its part.
    Well,
    /// It did not.
    Outage,
    /// Nothing was learned of it.
    Neither,
}

enum State {
    Closed {
        outages: u32,
    },
    Open {
        until: Instant,
        length: Duration,
    },
    HalfOpen {
        under_way: u32,
        well: u32,
        length: Duration,
    },
}

impl State {
    fn name(&self) -> CircuitState {
        match self {
            Self::Closed { .. } => CircuitState::Closed,
            Self::Open { .. } => CircuitState::Open,
            Self::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }
}

/// The state that all clones of a layer share, and how often it changed.
pub(super) struct Circuit {
    now: Mutex<(State, u64)>,
}

/// Allows one command to pass. Dropped without a verdict, nothing was learned.
pub(super) struct Pass {
    circuit: Arc<Circuit>,
    settings: Settings,
    given_at: u64,
    verdict: Verdict,
}

impl Circuit {
    pub(super) fn closed() -> Arc<Self> {
        Arc::new(Self {
            now: Mutex::new((State::Closed { outages: 0 }, 0)),
        })
    }

    pub(super) fn state(&self) -> CircuitState {
        self.now
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .name()
    }

    /// Lets a command pass, or says how long to stay away.
    pub(super) fn enter(self: &Arc<Self>, settings: &Settings) -> Result<Pass, Duration> {
        let (allowed, given_at) = self.change(settings, |state, _| {
            let now = Instant::now();
            match state {
                State::Closed { .. } => Ok(()),
                State::Open { until, .. } if *until > now => Err(*until - now),
                State::Open { length, .. } => {
                    *state = State::HalfOpen {
                        under_way: 1,
                        well: 0,
                        length: *length,
                    };
                    Ok(())
                }
                State::HalfOpen {
                    under_way,
                    well,
                    length,
                } => {
                    if *under_way + *well >= settings.probes.max(1) {
                        return Err(*length);
                    }
                    *under_way += 1;
                    Ok(())
                }
            }
        });
        allowed.map(|()| Pass {
            circuit: Arc::clone(self),
            settings: settings.clone(),
            given_at,
            verdict: Verdict::Neither,
        })
    }

    fn leave(&self, settings: &Settings, given_at: u64, verdict: Verdict) {
        self.change(settings, |state, changes| {
            if changes != given_at {
                // what it learned is about a time that is over
                return;
            }
            match state {
                State::Closed { outages } => match verdict {
                    Verdict::Well => *outages = 0,
                    Verdict::Outage => {
                        *outages += 1;
                        if *outages >= settings.opens_after.max(1) {
                            *state = open(settings.open_for);
                        }
                    }
                    Verdict::Neither => {}
                },
                State::HalfOpen {
                    under_way,
                    well,
                    length,
                } => {
                    *under_way = under_way.saturating_sub(1);
                    match verdict {
                        Verdict::Well => {
                            *well += 1;
                            if *well >= settings.probes.max(1) {
                                *state = State::Closed { outages: 0 };
                            }
                        }
                        Verdict::Outage => {
                            *state = open((*length * 2).min(settings.open_for_at_most));
                        }
                        Verdict::Neither => {}
                    }
                }
                State::Open { .. } => {}
            }
        });
    }

    /// Changes the state, and tells of it when the lock is free again. Answers also how often it has changed by then.
    fn change<T>(
        &self,
        settings: &Settings,
        change: impl FnOnce(&mut State, u64) -> T,
    ) -> (T, u64) {
        let (answer, from, to, open_for, changes) = {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            let (state, changes) = &mut *now;
            let from = state.name();
            let answer = change(state, *changes);
            let open_for = match *state {
                State::Open { length, .. } => Some(length),
                _ => None,
            };
            let to = state.name();
            *changes += u64::from(from != to);
            (answer, from, to, open_for, *changes)
        };
        if from != to {
            tracing::warn!(target: "mink::command", %from, %to, ?open_for, "a circuit changed");
            if let Some(on_change) = &settings.on_change {
                on_change(&CircuitChange { from, to, open_for });
            }
        }
        (answer, changes)
    }
}

fn open(length: Duration) -> State {
    State::Open {
        until: Instant::now() + length,
        length,
    }
}

impl Pass {
    pub(super) fn learned(&mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.circuit
            .leave(&self.settings, self.given_at, self.verdict);
    }
}
