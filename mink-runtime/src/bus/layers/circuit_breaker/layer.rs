use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::circuit::{Circuit, Settings};
use super::{CircuitBreakerService, CircuitChange, CircuitState};
use crate::bus::CommandFault;

pub(super) type Counts = Arc<dyn Fn(&CommandFault) -> bool + Send + Sync>;

/// Refuses commands for a while after outages in a row. Clones share the circuit.
#[derive(Clone)]
pub struct CircuitBreakerLayer {
    circuit: Arc<Circuit>,
    settings: Settings,
    counts: Counts,
}

impl Default for CircuitBreakerLayer {
    fn default() -> Self {
        Self {
            circuit: Circuit::closed(),
            settings: Settings::default(),
            counts: Arc::new(CommandFault::is_outage),
        }
    }
}

impl CircuitBreakerLayer {
    /// A closed circuit that opens after five outages in a row, for one second at first and a minute at most, with one
    /// probe.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// After how many outages in a row it opens.
    #[must_use]
    pub fn opens_after(mut self, outages: u32) -> Self {
        self.settings.opens_after = outages;
        self
    }

    /// How long it is open: at first, and at most. After each probe that fails it is open for twice as long as before.
    #[must_use]
    pub fn open_for(mut self, first: Duration, at_most: Duration) -> Self {
        self.settings.open_for = first;
        self.settings.open_for_at_most = at_most.max(first);
        self
    }

    /// How many probes have to succeed, and how many commands pass at the same time while it is half open.
    #[must_use]
    pub fn probes(mut self, probes: u32) -> Self {
        self.settings.probes = probes;
        self
    }

    /// Decides which faults are outages, in the place of [`is_outage`](CommandFault::is_outage).
    #[must_use]
    pub fn counts(
        mut self,
        is_outage: impl Fn(&CommandFault) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.counts = Arc::new(is_outage);
        self
    }

    /// Is told of each change, by whichever command brought it about: it should be quick.
    #[must_use]
    pub fn on_change(mut self, told: impl Fn(&CircuitChange) + Send + Sync + 'static) -> Self {
        self.settings.on_change = Some(Arc::new(told));
        self
    }

    /// How the circuit is. Open until a command comes after its time, which is the probe.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.circuit.state()
    }
}

impl<S> Layer<S> for CircuitBreakerLayer {
    type Service = CircuitBreakerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreakerService::new(
            inner,
            Arc::clone(&self.circuit),
            self.settings.clone(),
            Arc::clone(&self.counts),
        )
    }
}

impl std::fmt::Debug for CircuitBreakerLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CircuitBreakerLayer")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
