//! Commands: wishes to change something, addressed to one aggregate or to a free-standing handler.

use std::borrow::Cow;

mod context;
mod json;
mod key;
mod reply;
mod services;
mod validate;

pub use context::{Clock, CommandContext, SystemClock};
pub use json::{CommandJson, Transferable};
pub use key::KeyText;
pub use reply::Reply;
pub use services::{MissingService, ServiceNeed, Services};
pub use validate::{FieldError, Rules, Validate, ValidationErrors};

/// A wish to change something. `#[command]` implements it; this is the hand-written twin:
///
/// ```
/// use std::borrow::Cow;
/// use mink_runtime::command::{Command, CommandJson};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Deposit { account_id: String, amount: u64 }
///
/// impl Command for Deposit {
///     const NAME: &'static str = "Deposit";
///     // it may be sent as JSON; without this line it is dispatched as a value only
///     const JSON: Option<CommandJson<Self>> = Some(CommandJson::by_serde());
///     fn aggregate_id(&self) -> Cow<'_, str> { Cow::Borrowed(&self.account_id) }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "not a command",
    note = "annotate `{Self}` with `#[command]`; a plain method goes into an `impl` block without `#[handlers]`, or is marked `#[mink(skip)]`"
)]
pub trait Command: Clone + Send + Sync + 'static {
    /// The name it is known by: the struct's name unless declared.
    const NAME: &'static str;
    /// Dotted paths of the fields that hold personal data, in stored names.
    const ENCRYPTED: &'static [&'static str] = &[];
    /// How it is written as JSON and read back; `None` for a command that is never sent nor stored.
    const JSON: Option<CommandJson<Self>> = None;
    /// Why it is for no aggregate, when no field says which. An aggregate's method that takes such a command does not
    /// compile, and this is the compiler's message; a free-standing handler takes it as it is.
    const NO_ID: Option<&'static str> = None;

    /// Whether a refusal by the domain is kept under the idempotency key, too.
    const REPLAY_ERRORS: bool = false;
    /// The rules that its fields keep, when it has any: `Some(Self::validate)` for a type that implements [`Validate`].
    const RULES: Option<Rules<Self>> = None;

    /// The id of the aggregate that it is addressed to; empty for a command that is for no aggregate.
    fn aggregate_id(&self) -> Cow<'_, str>;

    /// The key under which it takes effect at most once; `None` when it has none.
    fn idempotency_key(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// Says that commands of this type are decided by the aggregate `A`. `#[handlers]` implements it from the method
/// that takes the command; a command has exactly one such aggregate.
#[diagnostic::on_unimplemented(
    message = "no aggregate handles the command `{Self}`",
    label = "nobody handles this command",
    note = "write a method that takes `{Self}` by value in a `#[handlers] impl` block of the aggregate: `fn name(&self, command: {Self}) -> ...`"
)]
pub trait Routed<A>: Command {}
