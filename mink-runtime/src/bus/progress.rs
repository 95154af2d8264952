use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far a command's effect on the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing was submitted to the store, or the store refused it: nothing was written.
    None,
    /// A commit was submitted and its outcome is not known: it may have happened or not.
    Unknown,
    /// A commit is durable.
    Durable,
}

impl Effect {
    /// Whether the command may have taken effect.
    #[must_use]
    pub fn may_have_happened(self) -> bool {
        self != Self::None
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "nothing was written",
            Self::Unknown => "its commit was under way, so it is not known whether it took effect",
            Self::Durable => "it had taken effect",
        })
    }
}

/// Where one dispatch is, also for whoever gives up waiting for it: clones of a request share it.
#[derive(Clone, Default)]
pub struct Progress {
    state: Arc<AtomicU8>,
}

impl Progress {
    /// How far the effect on the store is.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self.state.load(Ordering::Acquire) {
            0 => Effect::None,
            1 => Effect::Unknown,
            _ => Effect::Durable,
        }
    }

    pub(super) fn set(&self, effect: Effect) {
        let state = match effect {
            Effect::None => 0,
            Effect::Unknown => 1,
            Effect::Durable => 2,
        };
        self.state.store(state, Ordering::Release);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.effect()).finish()
    }
}
