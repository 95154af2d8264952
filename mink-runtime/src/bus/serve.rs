//! The way of a command to its free-standing handler.

use std::sync::Arc;

use super::nested::Handling;
use super::{Accepted, CommandFault, CommandRequest, CommandResponse, Core, Rejection};
use crate::command::Command;
use crate::handler::{Handler, Outcome};

/// A reply, to tell it from the types that aggregates answer with.
pub(super) struct Replied<R>(pub(super) R);

pub(super) async fn run<C, H>(
    core: Arc<Core>,
    request: CommandRequest,
) -> Result<CommandResponse, CommandFault>
where
    C: Command,
    H: Handler<C>,
    H::Returned: Outcome,
{
    let command = core.command::<C>(&request)?;
    let context = core.context(&request);
    let returned = Handling::scope(&request, H::handle(command, &context)).await?;
    Ok(match returned.into_outcome() {
        Ok(reply) => CommandResponse::Accepted(Accepted::new(Replied(reply))),
        Err(error) => CommandResponse::Rejected(Rejection::new(error)),
    })
}
