use serde::{Deserializer, Serialize, Serializer};

use super::CodecError;

/// An event on its way out, whichever type it is: serde writes it.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    event: &'a dyn erased_serde::Serialize,
}

impl<'a> Outgoing<'a> {
    /// This value, to be written.
    pub fn new(event: &'a impl Serialize) -> Self {
        Self { event }
    }
}

impl Serialize for Outgoing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.event, serializer)
    }
}

type Read<'a> =
    dyn for<'de> FnMut(&mut dyn erased_serde::Deserializer<'de>) -> erased_serde::Result<()> + 'a;

/// An event on its way in, whichever type it is: it wants a deserializer.
pub struct Incoming<'a> {
    read: &'a mut Read<'a>,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(read: &'a mut Read<'a>) -> Self {
        Self { read }
    }

    /// Reads the event from `deserializer`.
    ///
    /// # Errors
    /// When what it holds does not fit the event's type. No value is in it.
    pub fn read<'de>(self, deserializer: impl Deserializer<'de>) -> Result<(), CodecError> {
        let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        (self.read)(&mut erased).map_err(CodecError::without_values)
    }
}
