use tracing::Span;
use tracing::field::{Empty, display};

use super::super::observed::Ending;
use crate::bus::{CommandRequest, CommandResponse};

/// The span of a command.
pub(super) fn of(request: &CommandRequest, service: Option<&str>) -> Span {
    let span = tracing::info_span!(
        target: "mink::command",
        "command",
        otel.name = Empty,
        otel.kind = "internal",
        otel.status_code = Empty,
        mink.service = service,
        mink.command.r#type = request.name(),
        mink.command.id = %request.command_id(),
        mink.command.aggregate_id = Empty,
        mink.tenant = Empty,
        mink.correlation_id = Empty,
        mink.result.aggregate_id = Empty,
        mink.result.version = Empty,
        mink.result.status = Empty,
        error.r#type = Empty,
    );
    if !span.is_disabled() {
        span.record(
            "otel.name",
            display(format_args!("command.{}", request.name())),
        );
        if let Some(id) = request.aggregate_id() {
            span.record("mink.command.aggregate_id", &*id);
        }
        if !request.tenant().is_default() {
            span.record("mink.tenant", request.tenant().as_str());
        }
        match &request.metadata().correlation_id {
            Some(id) => span.record("mink.correlation_id", id.as_str()),
            None => span.record("mink.correlation_id", display(request.command_id())),
        };
    }
    span
}

/// What came of it.
pub(super) fn ended(span: &Span, ending: &Ending<'_>) {
    if span.is_disabled() {
        return;
    }
    span.record("mink.result.status", ending.status());
    if let Ending::Answered(Ok(CommandResponse::Accepted(accepted))) = ending {
        if let Some(stream) = accepted.stream() {
            span.record("mink.result.aggregate_id", stream.id());
        }
        if let Some(version) = accepted.version() {
            span.record("mink.result.version", version);
        }
    }
    if let Some(fault) = ending.fault() {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", fault.kind());
    }
}
