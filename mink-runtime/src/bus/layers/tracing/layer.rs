use std::sync::Arc;

use tower::Layer;

use super::TracingService;

/// Opens a span for each command.
#[derive(Debug, Clone, Default)]
pub struct TracingLayer {
    service: Option<Arc<str>>,
}

impl TracingLayer {
    /// Spans that name no service.
    #[must_use]
    pub const fn new() -> Self {
        Self { service: None }
    }

    /// The name of this program in its spans, as `mink.service`.
    #[must_use]
    pub fn service(mut self, name: impl Into<Arc<str>>) -> Self {
        self.service = Some(name.into());
        self
    }
}

impl<S> Layer<S> for TracingLayer {
    type Service = TracingService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TracingService::new(inner, self.service.clone())
    }
}
