use std::sync::Arc;

use tower::Layer;

use super::{AuditHook, AuditService};

/// Tells an [`AuditHook`] of every command.
#[derive(Clone)]
pub struct AuditLayer {
    hook: Arc<dyn AuditHook>,
    fails_closed: bool,
}

impl AuditLayer {
    /// Tells `hook`. When it fails, that is logged and the command's answer stands.
    #[must_use]
    pub fn new(hook: impl AuditHook) -> Self {
        Self {
            hook: Arc::new(hook),
            fails_closed: false,
        }
    }

    /// When the hook fails, the caller hears it: [`CommandFault::Unaudited`](crate::bus::CommandFault::Unaudited), which
    /// holds how the command ended.
    #[must_use]
    pub fn fail_closed(mut self) -> Self {
        self.fails_closed = true;
        self
    }
}

impl<S> Layer<S> for AuditLayer {
    type Service = AuditService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuditService::new(inner, Arc::clone(&self.hook), self.fails_closed)
    }
}

impl std::fmt::Debug for AuditLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLayer")
            .field("fails_closed", &self.fails_closed)
            .finish_non_exhaustive()
    }
}
