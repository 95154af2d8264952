use tower::Layer;

use super::ValidationService;

/// Checks the rules that commands declare.
#[derive(Debug, Clone, Copy, Default)]
pub struct ValidationLayer {}

impl ValidationLayer {
    /// Checks every command that has rules.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<S> Layer<S> for ValidationLayer {
    type Service = ValidationService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ValidationService::new(inner)
    }
}
