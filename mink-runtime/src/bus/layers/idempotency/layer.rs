use std::sync::Arc;

use tower::Layer;

use super::IdempotencyService;
use crate::bus::CommandRequest;

pub(super) type KeyOf = Arc<dyn Fn(&CommandRequest) -> Option<String> + Send + Sync>;

/// Gives commands an idempotency key.
#[derive(Clone)]
pub struct IdempotencyLayer {
    key_of: KeyOf,
    replaces: bool,
}

impl IdempotencyLayer {
    /// The key that `key_of` tells, for commands that come without one.
    #[must_use]
    pub fn new(key_of: impl Fn(&CommandRequest) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            key_of: Arc::new(key_of),
            replaces: false,
        }
    }

    /// The key that a layer around this one left as an [extension](crate::bus::Extensions) of type `T`.
    #[must_use]
    pub fn from_extension<T: ToString + 'static>() -> Self {
        Self::new(|request| request.extensions().get::<T>().map(ToString::to_string))
    }

    /// Also in the place of the key that a command comes with.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }
}

impl<S> Layer<S> for IdempotencyLayer {
    type Service = IdempotencyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IdempotencyService::new(inner, Arc::clone(&self.key_of), self.replaces)
    }
}

impl std::fmt::Debug for IdempotencyLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdempotencyLayer")
            .field("replaces", &self.replaces)
            .finish_non_exhaustive()
    }
}
