use tokio::time::Instant;
use tracing::Level;

use super::super::observed::Ending;
use crate::bus::{CommandFault, CommandRequest, CommandResponse};
use crate::id::TenantId;

/// How lines look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) accepted: Level,
    pub(super) rejections: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            accepted: Level::DEBUG,
            rejections: false,
        }
    }
}

/// What a line says of the command itself, and when it came.
pub(super) struct Line {
    style: Style,
    command: &'static str,
    command_id: uuid::Uuid,
    target: &'static str,
    aggregate_id: Option<String>,
    tenant: TenantId,
    since: Instant,
}

/// A `tracing` event's level is part of the place where it is written.
macro_rules! event_at {
    ($level:expr, $($field:tt)*) => {
        match $level {
            Level::ERROR => tracing::event!(target: "mink::command", Level::ERROR, $($field)*),
            Level::WARN => tracing::event!(target: "mink::command", Level::WARN, $($field)*),
            Level::INFO => tracing::event!(target: "mink::command", Level::INFO, $($field)*),
            Level::DEBUG => tracing::event!(target: "mink::command", Level::DEBUG, $($field)*),
            Level::TRACE => tracing::event!(target: "mink::command", Level::TRACE, $($field)*),
        }
    };
}

impl Line {
    pub(super) fn begin(style: Style, request: &CommandRequest) -> Self {
        Self {
            style,
            command: request.name(),
            command_id: request.command_id(),
            target: request.target().name(),
            aggregate_id: request.aggregate_id().map(std::borrow::Cow::into_owned),
            tenant: request.tenant().clone(),
            since: Instant::now(),
        }
    }

    pub(super) fn write(self, ending: &Ending<'_>) {
        let (accepted, rejected) = match ending {
            Ending::Answered(Ok(CommandResponse::Accepted(accepted))) => (Some(accepted), None),
            Ending::Answered(Ok(CommandResponse::Rejected(rejection))) => (None, Some(rejection)),
            _ => (None, None),
        };
        let fault = ending.fault();
        let refusal = rejected.filter(|_| self.style.rejections);
        let tenant = Some(self.tenant.as_str()).filter(|name| !name.is_empty());
        event_at!(
            self.level(ending),
            command = self.command,
            command_id = %self.command_id,
            handler = self.target,
            aggregate_id = self.aggregate_id,
            tenant,
            outcome = ending.status(),
            took = ?self.since.elapsed(),
            version = accepted.and_then(crate::bus::Accepted::version),
            events = accepted.map(|accepted| accepted.event_ids().len()),
            refusal = refusal.map(|rejection| tracing::field::display(rejection.error())),
            fault = fault.map(tracing::field::display),
            "command"
        );
    }

    fn level(&self, ending: &Ending<'_>) -> Level {
        match ending {
            Ending::Answered(Ok(CommandResponse::Accepted(_))) => self.style.accepted,
            Ending::Answered(
                Ok(CommandResponse::Rejected(_)) | Err(CommandFault::Invalid { .. }),
            ) => Level::INFO,
            Ending::Answered(Err(
                CommandFault::TimedOut { .. }
                | CommandFault::Cancelled { .. }
                | CommandFault::Closed { .. }
                | CommandFault::RateLimited { .. }
                | CommandFault::CircuitOpen { .. },
            ))
            | Ending::Abandoned => Level::WARN,
            Ending::Answered(Err(fault)) if fault.is_transient() => Level::WARN,
            Ending::Answered(Err(_)) => Level::ERROR,
        }
    }
}
