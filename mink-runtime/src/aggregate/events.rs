use std::any::Any;
use std::fmt;

use super::{Applies, IntoEvents};
use crate::event::Event;

/// A list of events of one aggregate, of any of the types that it evolves from.
/// What a deciding method returns when it does not know beforehand which events, and how many, there will be.
pub struct Events<A> {
    list: Vec<AnyEvent<A>>,
}

impl<A> Events<A> {
    /// No events.
    #[must_use]
    pub fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// The events that `events` turns into.
    pub fn from_all(events: impl IntoEvents<A>) -> Self {
        let mut list = Self::new();
        events.push_into(&mut list);
        list
    }

    /// Adds one event behind the others.
    pub fn push<E: Event>(&mut self, event: E)
    where
        A: Applies<E>,
    {
        self.push_any(AnyEvent::of(event));
    }

    /// Adds one event behind the others, whichever type it is.
    pub fn push_any(&mut self, event: AnyEvent<A>) {
        self.list.push(event);
    }

    /// Adds the events of another list behind the others.
    pub fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The events in order.
    pub fn iter(&self) -> std::slice::Iter<'_, AnyEvent<A>> {
        self.list.iter()
    }

    /// The events of type `E`, in order.
    pub fn of_type<E: Event>(&self) -> impl Iterator<Item = &E> {
        self.list.iter().filter_map(AnyEvent::downcast_ref)
    }

    /// The first event of type `E`.
    #[must_use]
    pub fn get<E: Event>(&self) -> Option<&E> {
        self.list.iter().find_map(AnyEvent::downcast_ref)
    }

    /// Evolves `aggregate` from each, in order.
    pub fn apply_to(&self, aggregate: &mut A) {
        for event in &self.list {
            event.apply_to(aggregate);
        }
    }
}

impl<A> Default for Events<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, A> IntoIterator for &'a Events<A> {
    type Item = &'a AnyEvent<A>;
    type IntoIter = std::slice::Iter<'a, AnyEvent<A>>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl<A> Clone for Events<A> {
    fn clone(&self) -> Self {
        Self {
            list: self.list.clone(),
        }
    }
}

impl<A> fmt::Debug for Events<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

/// One event of the aggregate `A`, whichever type it is.
pub struct AnyEvent<A> {
    inner: Box<dyn ErasedEvent<A>>,
}

impl<A> AnyEvent<A> {
    /// This event.
    pub fn of<E: Event>(event: E) -> Self
    where
        A: Applies<E>,
    {
        Self {
            inner: Box::new(event),
        }
    }

    /// The stored name of its type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.inner.name()
    }

    /// The version of the schema that its payload follows.
    #[must_use]
    pub fn schema_version(&self) -> u32 {
        self.inner.schema_version()
    }

    /// Dotted paths of the fields to encrypt.
    #[must_use]
    pub fn encrypted(&self) -> &'static [&'static str] {
        self.inner.encrypted()
    }

    /// The event, when it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Event>(&self) -> Option<&E> {
        self.inner.as_any().downcast_ref()
    }

    /// Its payload as JSON text.
    ///
    /// # Errors
    /// What its `Serialize` says.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.inner.to_json()
    }

    /// Whether JSON text that [`to_json`](Self::to_json) wrote can be read as this event's type.
    ///
    /// # Errors
    /// What its `Deserialize` says.
    pub(crate) fn reads_back(&self, json: &[u8]) -> Result<(), serde_json::Error> {
        self.inner.reads_back(json)
    }

    /// Evolves `aggregate` from it.
    pub fn apply_to(&self, aggregate: &mut A) {
        self.inner.apply_to(aggregate);
    }
}

impl<A> Clone for AnyEvent<A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.boxed_clone(),
        }
    }
}

/// Shows the type's name only: an event's fields may be personal.
impl<A> fmt::Debug for AnyEvent<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.inner.name())
    }
}

trait ErasedEvent<A>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema_version(&self) -> u32;
    fn encrypted(&self) -> &'static [&'static str];
    fn as_any(&self) -> &dyn Any;
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error>;
    fn reads_back(&self, json: &[u8]) -> Result<(), serde_json::Error>;
    fn apply_to(&self, aggregate: &mut A);
    fn boxed_clone(&self) -> Box<dyn ErasedEvent<A>>;
}

impl<A: Applies<E>, E: Event> ErasedEvent<A> for E {
    fn name(&self) -> &'static str {
        E::NAME
    }
    fn schema_version(&self) -> u32 {
        E::VERSION
    }
    fn encrypted(&self) -> &'static [&'static str] {
        E::ENCRYPTED
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
    fn reads_back(&self, json: &[u8]) -> Result<(), serde_json::Error> {
        serde_json::from_slice::<E>(json).map(drop)
    }
    fn apply_to(&self, aggregate: &mut A) {
        aggregate.apply(self);
    }
    fn boxed_clone(&self) -> Box<dyn ErasedEvent<A>> {
        Box::new(self.clone())
    }
}
