use std::any::{Any, TypeId};
use std::collections::HashMap;

/// Values by their type, which layers hand to the layers within them. Empty, it allocates nothing.
#[derive(Clone, Default)]
pub struct Extensions {
    by_type: Option<HashMap<TypeId, Box<dyn Value>>>,
}

impl Extensions {
    /// Adds a value, in the place of an earlier one of its type.
    pub fn insert<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.by_type
            .get_or_insert_default()
            .insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The value of type `T`.
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<&T> {
        let value = self.by_type.as_ref()?.get(&TypeId::of::<T>())?;
        (**value).as_any().downcast_ref()
    }

    /// Takes the value of type `T` out.
    pub fn remove<T: 'static>(&mut self) -> Option<T> {
        let value = self.by_type.as_mut()?.remove(&TypeId::of::<T>())?;
        value.into_any().downcast().ok().map(|value| *value)
    }
}

impl std::fmt::Debug for Extensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.by_type.as_ref().map_or(0, HashMap::len);
        f.debug_struct("Extensions").field("count", &count).finish()
    }
}

trait Value: Send + Sync {
    fn boxed_clone(&self) -> Box<dyn Value>;
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Clone + Send + Sync + 'static> Value for T {
    fn boxed_clone(&self) -> Box<dyn Value> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl Clone for Box<dyn Value> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_type_and_a_clone_has_its_own() {
        let mut one = Extensions::default();
        assert_eq!(one.get::<u8>(), None);
        one.insert(1_u8);
        one.insert("text");
        let mut other = one.clone();
        other.insert(2_u8);
        assert_eq!((one.get::<u8>(), other.get::<u8>()), (Some(&1), Some(&2)));
        assert_eq!(one.remove::<&str>(), Some("text"));
        assert_eq!((one.get::<&str>(), other.get()), (None, Some(&"text")));
    }
}
