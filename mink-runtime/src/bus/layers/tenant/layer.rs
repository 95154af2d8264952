use std::sync::Arc;

use tower::Layer;

use super::TenantService;
use crate::bus::CommandRequest;
use crate::id::TenantId;

pub(super) type TenantOf = Arc<dyn Fn(&CommandRequest) -> Option<TenantId> + Send + Sync>;

/// Gives commands their tenant.
#[derive(Clone)]
pub struct TenantLayer {
    tenant_of: TenantOf,
    required: bool,
}

impl TenantLayer {
    /// The tenant that `tenant_of` tells, for commands that come without one.
    #[must_use]
    pub fn new(
        tenant_of: impl Fn(&CommandRequest) -> Option<TenantId> + Send + Sync + 'static,
    ) -> Self {
        Self {
            tenant_of: Arc::new(tenant_of),
            required: false,
        }
    }

    /// The tenant that a layer around this one left as an [extension](crate::bus::Extensions).
    #[must_use]
    pub fn from_extension() -> Self {
        Self::new(|request| request.extensions().get::<TenantId>().cloned())
    }

    /// Refuses commands that have no tenant after all.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

impl<S> Layer<S> for TenantLayer {
    type Service = TenantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService::new(inner, Arc::clone(&self.tenant_of), self.required)
    }
}

impl std::fmt::Debug for TenantLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantLayer")
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
