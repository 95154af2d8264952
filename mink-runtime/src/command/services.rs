use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// What handlers may ask for by type, beyond the domain: a gateway, a pricing table, a clock.
///
/// A handler takes a service as `&T` in its arguments, `T` a concrete type or `dyn Trait`; whoever opens the
/// application, or a test, provides it.
#[derive(Default, Clone)]
pub struct Services {
    by_type: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Services {
    /// No services.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Provides `service` to every handler that takes `&T`. For a trait object, give an
    /// `Arc<dyn Trait>`. A second service of the same type replaces the first.
    pub fn insert<T: ?Sized + Send + Sync + 'static>(&mut self, service: impl Into<Arc<T>>) {
        let service: Arc<T> = service.into();
        self.by_type.insert(TypeId::of::<T>(), Arc::new(service));
    }

    /// The service of type `T`.
    ///
    /// # Errors
    /// [`MissingService`] when nobody provided one.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<&T, MissingService> {
        self.by_type
            .get(&TypeId::of::<T>())
            .and_then(|any| any.downcast_ref::<Arc<T>>())
            .map(AsRef::as_ref)
            .ok_or(MissingService {
                service: std::any::type_name::<T>(),
            })
    }

    /// Whether what a handler needs is there.
    #[must_use]
    pub fn provides(&self, need: &ServiceNeed) -> bool {
        self.by_type.contains_key(&(need.type_id)())
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services")
            .field("count", &self.by_type.len())
            .finish()
    }
}

/// A handler asked for a service that nobody provided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no service of type `{service}`: provide one with `.service(...)` where the application is built"
)]
pub struct MissingService {
    /// Its type.
    pub service: &'static str,
}

/// A service that a handler takes.
#[derive(Debug, Clone, Copy)]
pub struct ServiceNeed {
    /// Its type.
    pub type_id: fn() -> TypeId,
    /// Its name, for messages.
    pub type_name: fn() -> &'static str,
}

impl ServiceNeed {
    /// The need for a `&T`.
    #[must_use]
    pub const fn of<T: ?Sized + 'static>() -> Self {
        Self {
            type_id: TypeId::of::<T>,
            type_name: std::any::type_name::<T>,
        }
    }
}
