use serde::Serialize;
use serde::de::DeserializeOwned;

/// How a command is written as JSON and read back: what sending it by name, storing it and telling two payloads apart
/// rest on.
pub struct CommandJson<C> {
    /// Writes it.
    pub write: fn(&C) -> Result<Vec<u8>, serde_json::Error>,
    /// Reads it.
    pub read: fn(&[u8]) -> Result<C, serde_json::Error>,
}

impl<C> CommandJson<C> {
    /// As its `Serialize` and `Deserialize` say.
    #[must_use]
    pub const fn by_serde() -> Self
    where
        C: Transferable,
    {
        Self {
            write: |command| serde_json::to_vec(command),
            read: |json| serde_json::from_slice(json),
        }
    }
}

impl<C> Clone for CommandJson<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for CommandJson<C> {}

/// What can be written as JSON and read back.
#[diagnostic::on_unimplemented(
    message = "the command `{Self}` cannot be sent or stored",
    label = "this cannot be written as JSON and read back",
    note = "derive `serde::Serialize` and `serde::Deserialize` for `{Self}`, or say `#[command(local)]` when it is only ever dispatched as a value"
)]
pub trait Transferable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<C: Serialize + DeserializeOwned> Transferable for C {}
