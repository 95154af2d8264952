use super::CodecError;

/// A format that the type `E` writes and reads by itself, not through serde.
///
/// An event lists those that it can read in [`Event::NATIVE`](crate::event::Event::NATIVE), and may name one of them as
/// [`Event::FORMAT`](crate::event::Event::FORMAT). `#[event]` does so for every type that is a `prost::Message`.
/// Such a format does not describe itself: an older payload is upcast by the struct that the event was then.
pub struct NativeFormat<E> {
    /// The name that is stored with each event: a promise, as the event's own name is.
    pub name: &'static str,
    /// Writes an event.
    pub encode: fn(&E) -> Result<Vec<u8>, CodecError>,
    /// Reads all of a payload.
    pub decode: fn(&[u8]) -> Result<E, CodecError>,
}

impl<E> Clone for NativeFormat<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NativeFormat<E> {}

impl<E> std::fmt::Debug for NativeFormat<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("NativeFormat").field(&self.name).finish()
    }
}
