use super::CodecError;
#[cfg(feature = "protobuf")]
use super::{NativeFormat, PROTOBUF};

/// A type that Protocol Buffers can write and read: every `prost::Message`.
///
/// It stands for `prost::Message` in generated code so that a missing derive is explained. Without mink's feature
/// `protobuf` every type has it, and nothing is written or read: what asks for it is refused for lack of the feature.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Protocol Buffers message",
    label = "`{Self}` is not a `prost::Message`",
    note = "derive it: `#[derive(prost::Message)]`, with `#[prost(...)]` on each field; below `#[event]` for an event"
)]
pub trait ProtobufMessage: Sized {
    /// Writes it.
    ///
    /// # Errors
    /// Without the feature.
    fn to_protobuf(&self) -> Result<Vec<u8>, CodecError>;

    /// Reads it.
    ///
    /// # Errors
    /// When the payload is not such a message.
    fn from_protobuf(payload: &[u8]) -> Result<Self, CodecError>;
}

#[cfg(feature = "protobuf")]
#[diagnostic::do_not_recommend]
impl<T: prost::Message + Default> ProtobufMessage for T {
    fn to_protobuf(&self) -> Result<Vec<u8>, CodecError> {
        Ok(self.encode_to_vec())
    }

    fn from_protobuf(payload: &[u8]) -> Result<Self, CodecError> {
        // prost names fields and kinds, and no values
        T::decode(payload).map_err(CodecError::new)
    }
}

#[cfg(not(feature = "protobuf"))]
impl<T> ProtobufMessage for T {
    fn to_protobuf(&self) -> Result<Vec<u8>, CodecError> {
        Err(CodecError::new(super::advice(super::PROTOBUF)))
    }

    fn from_protobuf(_payload: &[u8]) -> Result<Self, CodecError> {
        Err(CodecError::new(super::advice(super::PROTOBUF)))
    }
}

#[cfg(feature = "protobuf")]
impl<E: prost::Message + Default> NativeFormat<E> {
    /// Protocol Buffers.
    #[must_use]
    pub const fn protobuf() -> Self {
        Self {
            name: PROTOBUF,
            encode: E::to_protobuf,
            decode: E::from_protobuf,
        }
    }
}

/// Compiles when `T` is a Protocol Buffers message.
#[doc(hidden)]
pub const fn is_protobuf_message<T: ProtobufMessage>() {}
