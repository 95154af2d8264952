use tower::Layer;

use super::PanicRecoveryService;

/// Turns a panic into [`CommandFault::Panicked`](crate::bus::CommandFault::Panicked).
#[derive(Debug, Clone, Copy, Default)]
pub struct PanicRecoveryLayer {}

impl PanicRecoveryLayer {
    /// Catches every panic within.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<S> Layer<S> for PanicRecoveryLayer {
    type Service = PanicRecoveryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PanicRecoveryService::new(inner)
    }
}
