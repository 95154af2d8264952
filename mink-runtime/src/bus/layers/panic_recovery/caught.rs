use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use tower::Service;

use super::super::Answer;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// Calls a service that is ready. A panic, in the call or in the future, is a fault.
///
/// Nothing that is broken by an unwinding is looked at afterwards: the request and the future are gone with it.
pub(in super::super) fn caught<S>(inner: &mut S, request: CommandRequest) -> Answer
where
    S: Service<
            CommandRequest,
            Response = CommandResponse,
            Error = CommandFault,
            Future: Send + 'static,
        >,
{
    let command = request.name();
    let progress = request.progress().clone();
    let called = catch_unwind(AssertUnwindSafe(|| inner.call(request)));
    Box::pin(async move {
        let ended = match called {
            Ok(answer) => AssertUnwindSafe(answer).catch_unwind().await,
            Err(panic) => Err(panic),
        };
        ended.unwrap_or_else(|_| {
            Err(CommandFault::Panicked {
                command,
                effect: progress.effect(),
            })
        })
    })
}
