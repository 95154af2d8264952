use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a handler may answer besides events: anything that can be written as JSON and read back.
///
/// A reply leaves the process when the command came as JSON, and is kept beside the events when the command has an
/// idempotency key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a reply",
    label = "this cannot be written as JSON and read back",
    note = "derive `serde::Serialize` and `serde::Deserialize` for `{Self}`"
)]
pub trait Reply: Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<R: Serialize + DeserializeOwned + Send + Sync + 'static> Reply for R {}
