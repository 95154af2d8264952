use std::task::{Context, Poll};

use tower::Service;

use super::super::Answer;
use super::super::observed::observed;
use super::line::{Line, Style};
use crate::bus::{CommandFault, CommandRequest, CommandResponse};

/// See [`LoggingLayer`](super::LoggingLayer).
#[derive(Debug, Clone)]
pub struct LoggingService<S> {
    inner: S,
    style: Style,
}

impl<S> LoggingService<S> {
    pub(super) const fn new(inner: S, style: Style) -> Self {
        Self { inner, style }
    }
}

impl<S> Service<CommandRequest> for LoggingService<S>
where
    S: Service<
            CommandRequest,
            Response = CommandResponse,
            Error = CommandFault,
            Future: Send + 'static,
        >,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: CommandRequest) -> Answer {
        let line = Line::begin(self.style, &request);
        observed(|| self.inner.call(request), |ending| line.write(ending))
    }
}
