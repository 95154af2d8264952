//! Codecs of the author's own.

use mink::event::codec::{Codec, CodecError, Incoming, Outgoing};

/// JSON with every bit turned: no text, and all that JSON says.
pub(crate) struct Turned;

impl Codec for Turned {
    fn name(&self) -> &'static str {
        "turned"
    }
    fn is_self_describing(&self) -> bool {
        true
    }
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        let json = mink::serde_json::to_vec(&event).map_err(CodecError::without_values)?;
        Ok(json.into_iter().map(|byte| !byte).collect())
    }
    fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
        let json: Vec<u8> = payload.iter().map(|byte| !byte).collect();
        let mut deserializer = mink::serde_json::Deserializer::from_slice(&json);
        event.read(&mut deserializer)?;
        deserializer.end().map_err(CodecError::without_values)
    }
}

/// The same, and says that it does not describe itself.
pub(crate) struct Opaque;

impl Codec for Opaque {
    fn name(&self) -> &'static str {
        "opaque"
    }
    fn is_self_describing(&self) -> bool {
        false
    }
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        Turned.encode(event)
    }
    fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
        Turned.decode(payload, event)
    }
}

/// Writes what it cannot read.
pub(crate) struct Forgetful;

impl Codec for Forgetful {
    fn name(&self) -> &'static str {
        "forgetful"
    }
    fn is_self_describing(&self) -> bool {
        true
    }
    fn encode(&self, _event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        Ok(Vec::new())
    }
    fn decode(&self, _payload: &[u8], _event: Incoming<'_>) -> Result<(), CodecError> {
        Ok(())
    }
}

/// Bears a name that is mink's.
pub(crate) struct Impostor;

impl Codec for Impostor {
    fn name(&self) -> &'static str {
        "json"
    }
    fn is_self_describing(&self) -> bool {
        true
    }
    fn encode(&self, event: Outgoing<'_>) -> Result<Vec<u8>, CodecError> {
        Turned.encode(event)
    }
    fn decode(&self, payload: &[u8], event: Incoming<'_>) -> Result<(), CodecError> {
        Turned.decode(payload, event)
    }
}
