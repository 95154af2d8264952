//! Free-standing handlers: functions that take a command and do what no aggregate decides, such as asking a gateway,
//! sending an e-mail, or loading and dispatching to several aggregates.

use std::convert::Infallible;
use std::future::Future;

use crate::aggregate::DomainError;
use crate::command::{Command, CommandContext, MissingService, Reply, ServiceNeed};

/// A free-standing handler of the command `C`. `#[handler]` on a function implements it for a type of its own; this is
/// the hand-written twin:
///
/// ```
/// use std::borrow::Cow;
/// use mink_runtime::command::{Command, CommandContext, MissingService, ServiceNeed};
/// use mink_runtime::handler::{HandledBy, Handler};
///
/// #[derive(Clone)]
/// struct Greet { name: String }
///
/// impl Command for Greet {
///     const NAME: &'static str = "Greet";
///     fn aggregate_id(&self) -> Cow<'_, str> { Cow::Borrowed("") }
/// }
///
/// struct Greeting(&'static str);
/// struct Greeter;
///
/// impl HandledBy<Greeter> for Greet {}
///
/// impl Handler<Greet> for Greeter {
///     const NAME: &'static str = "greet";
///     const SERVICES: &'static [ServiceNeed] = &[ServiceNeed::of::<Greeting>()];
///     type Returned = Result<String, std::fmt::Error>;
///
///     async fn handle(
///         command: Greet,
///         context: &CommandContext,
///     ) -> Result<Self::Returned, MissingService> {
///         let greeting = context.service::<Greeting>()?;
///         Ok(Ok(format!("{} {}", greeting.0, command.name)))
///     }
/// }
/// ```
///
/// **Delivery.** A handler runs once for each time its command is dispatched, and nothing that it does is undone when it
/// fails: what it dispatches is durable by itself.
pub trait Handler<C>: Send + Sync + 'static {
    /// Its name, for people: the function's.
    const NAME: &'static str;
    /// The services it takes.
    const SERVICES: &'static [ServiceNeed];
    /// What the function returns: an [`Outcome`].
    type Returned;

    /// Calls the function.
    ///
    /// # Errors
    /// [`MissingService`] when it takes a service that nobody provided.
    fn handle<'a>(
        command: C,
        context: &'a CommandContext,
    ) -> impl Future<Output = Result<Self::Returned, MissingService>> + Send + 'a;
}

/// Says that commands of this type are handled by the free-standing handler `H`. A command has exactly one handler.
pub trait HandledBy<H>: Command {}

/// What a free-standing handler may return: nothing, or a `Result` of a reply and the domain's own error.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "neither `()` nor a `Result`",
    note = "a function with `#[handler]` returns `()`, or `Result<Reply, Error>` with the domain's own error; one that never refuses returns `Result<{Self}, std::convert::Infallible>`"
)]
pub trait Outcome {
    /// What the caller is told.
    type Reply: Reply;
    /// The domain's own error.
    type Error: DomainError;

    /// Reply or refusal.
    ///
    /// # Errors
    /// The domain's own.
    fn into_outcome(self) -> Result<Self::Reply, Self::Error>;
}

impl Outcome for () {
    type Reply = ();
    type Error = Infallible;

    fn into_outcome(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<R: Reply, E: DomainError> Outcome for Result<R, E> {
    type Reply = R;
    type Error = E;

    fn into_outcome(self) -> Self {
        self
    }
}
