use std::sync::Arc;

use tower::Layer;

use super::CorrelationService;
use crate::bus::CommandRequest;

pub(super) type IdOf = Arc<dyn Fn(&CommandRequest) -> Option<String> + Send + Sync>;

/// Gives commands their `correlation_id`.
#[derive(Clone)]
pub struct CorrelationLayer {
    id_of: IdOf,
    replaces: bool,
}

impl CorrelationLayer {
    /// The id that `id_of` tells, for commands that come without one.
    #[must_use]
    pub fn new(id_of: impl Fn(&CommandRequest) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            id_of: Arc::new(id_of),
            replaces: false,
        }
    }

    /// The id that a layer around this one left as an [extension](crate::bus::Extensions) of type `T`.
    #[must_use]
    pub fn from_extension<T: ToString + 'static>() -> Self {
        Self::new(|request| request.extensions().get::<T>().map(ToString::to_string))
    }

    /// Also in the place of the id that a command comes with.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = CorrelationService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CorrelationService::new(inner, Arc::clone(&self.id_of), self.replaces)
    }
}

impl std::fmt::Debug for CorrelationLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CorrelationLayer")
            .field("replaces", &self.replaces)
            .finish_non_exhaustive()
    }
}
