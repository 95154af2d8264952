use super::CodecError;
#[cfg(feature = "protobuf")]
use super::{NativeFormat, PROTOBUF};

/// A type that Protocol Buffers can write and read: every `prost::Message`.
///
/// It stands for `prost::Message` in generated code so that a missing derive, or a missing feature, is explained.
#[cfg_attr(
    feature = "protobuf",
    diagnostic::on_unimplemented(
        message = "`{Self}` is not a Protocol Buffers message",
        label = "`{Self}` is not a `prost::Message`",
        note = "derive it below `#[event]`: `#[derive(prost::Message)]`, with `#[prost(...)]` on each field"
    )
)]
#[cfg_attr(
    not(feature = "protobuf"),
    diagnostic::on_unimplemented(
        message = "Protocol Buffers are not compiled into mink",
        label = "`{Self}` needs mink's feature `protobuf`",
        note = "write `mink = {{ version = \"...\", features = [\"protobuf\"] }}` in Cargo.toml"
    )
)]
pub trait ProtobufMessage: Sized {
    /// Writes it.
    fn to_protobuf(&self) -> Vec<u8>;

    /// Reads it.
    ///
    /// # Errors
    /// When the payload is not such a message.
    fn from_protobuf(payload: &[u8]) -> Result<Self, CodecError>;
}

#[cfg(feature = "protobuf")]
#[diagnostic::do_not_recommend]
impl<T: prost::Message + Default> ProtobufMessage for T {
    fn to_protobuf(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn from_protobuf(payload: &[u8]) -> Result<Self, CodecError> {
        // prost names fields and kinds, and no values
        T::decode(payload).map_err(CodecError::new)
    }
}

#[cfg(feature = "protobuf")]
impl<E: prost::Message + Default> NativeFormat<E> {
    /// Protocol Buffers.
    #[must_use]
    pub const fn protobuf() -> Self {
        Self {
            name: PROTOBUF,
            encode: |event| Ok(event.to_protobuf()),
            decode: E::from_protobuf,
        }
    }
}

/// Compiles when `T` is a Protocol Buffers message.
#[doc(hidden)]
pub const fn is_protobuf_message<T: ProtobufMessage>() {}
