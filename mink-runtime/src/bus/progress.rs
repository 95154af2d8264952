use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far a command's effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Effect {
    /// Nothing was submitted to the store, or the store refused it: nothing was written.
    None,
    /// No commit of its own is under way, and its handler has done what it does not undo: a free-standing handler has
    /// begun, or what the handler dispatched has got somewhere. It may have taken effect in part.
    Begun,
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
            Self::Begun => "its handler had begun, so it may have taken effect in part",
            Self::Unknown => "its commit was under way, so it is not known whether it took effect",
            Self::Durable => "it had taken effect",
        })
    }
}

/// Where one dispatch is, also for whoever gives up waiting for it: clones of a request share it.
#[derive(Clone, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: AtomicU8,
    /// The dispatch that this one is within.
    outer: Option<Progress>,
}

const EFFECTS: [Effect; 4] = [
    Effect::None,
    Effect::Begun,
    Effect::Unknown,
    Effect::Durable,
];

impl Progress {
    pub(super) fn within(outer: Option<Self>) -> Self {
        let state = AtomicU8::default();
        Self {
            shared: Arc::new(Shared { state, outer }),
        }
    }

    /// How far the effect is.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let state = self.shared.state.load(Ordering::Acquire);
        EFFECTS
            .get(usize::from(state))
            .copied()
            .unwrap_or(Effect::Unknown)
    }

    pub(super) fn set(&self, effect: Effect) {
        self.shared.state.store(effect as u8, Ordering::Release);
        if effect.may_have_happened()
            && let Some(outer) = &self.shared.outer
        {
            outer.begun();
        }
    }

    /// Something happened that is not undone.
    pub(super) fn begun(&self) {
        if self.effect() == Effect::None {
            self.set(Effect::Begun);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.effect()).finish()
    }
}
