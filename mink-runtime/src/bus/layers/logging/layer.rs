use tower::Layer;
use tracing::Level;

use super::LoggingService;
use super::line::Style;

/// Writes a line for each command.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoggingLayer {
    style: Style,
}

impl LoggingLayer {
    /// Lines without what the domain's errors say.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The level of commands that were accepted. `DEBUG` unless said.
    #[must_use]
    pub fn accepted_at(mut self, level: Level) -> Self {
        self.style.accepted = level;
        self
    }

    /// Adds what the domain's error says when a command was refused. It may quote what the command holds.
    #[must_use]
    pub fn with_rejections(mut self) -> Self {
        self.style.rejections = true;
        self
    }
}

impl<S> Layer<S> for LoggingLayer {
    type Service = LoggingService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LoggingService::new(inner, self.style)
    }
}
