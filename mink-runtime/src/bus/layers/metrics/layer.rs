use metrics::SharedString;
use tower::Layer;

use super::MetricsService;

/// Counts and times commands.
#[derive(Debug, Clone)]
pub struct MetricsLayer {
    service: SharedString,
}

impl Default for MetricsLayer {
    fn default() -> Self {
        Self {
            service: SharedString::const_str("mink"),
        }
    }
}

impl MetricsLayer {
    /// Metrics of a program called `mink`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of this program, as the label `service`.
    #[must_use]
    pub fn service(mut self, name: impl Into<SharedString>) -> Self {
        self.service = name.into();
        self
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetricsService::new(inner, self.service.clone())
    }
}
