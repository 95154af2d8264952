use std::sync::Arc;

use tower::Layer;

use super::MetricsService;

/// Counts and times commands.
#[derive(Debug, Clone)]
pub struct MetricsLayer {
    service: Arc<str>,
}

impl Default for MetricsLayer {
    fn default() -> Self {
        Self {
            service: Arc::from(""),
        }
    }
}

impl MetricsLayer {
    /// Metrics whose label `service` is empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of this program, as the label `service`.
    #[must_use]
    pub fn service(mut self, name: impl Into<Arc<str>>) -> Self {
        self.service = name.into();
        self
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetricsService::new(inner, Arc::clone(&self.service))
    }
}
