use std::sync::Arc;

use metrics::{SharedString, counter, gauge, histogram};
use tokio::time::Instant;

use super::super::observed::Ending;

/// One command on its way.
pub(super) struct Meter {
    service: Arc<str>,
    command: &'static str,
    since: Instant,
}

impl Meter {
    pub(super) fn begin(service: Arc<str>, command: &'static str) -> Self {
        let meter = Self {
            service,
            command,
            since: Instant::now(),
        };
        gauge!("mink_commands_in_flight", "service" => meter.service(), "command_type" => command)
            .increment(1.0);
        meter
    }

    pub(super) fn end(self, ending: &Ending<'_>) {
        let Self { command, since, .. } = self;
        gauge!("mink_commands_in_flight", "service" => self.service(), "command_type" => command)
            .decrement(1.0);
        counter!("mink_commands_total", "service" => self.service(), "command_type" => command, "status" => ending.status())
            .increment(1);
        histogram!("mink_command_duration_seconds", "service" => self.service(), "command_type" => command)
            .record(since.elapsed());
        // what the store refuses is counted where it refuses it
        if let Some(fault) = ending.fault().filter(|fault| !fault.is_of_the_store()) {
            counter!("mink_errors_total", "service" => self.service(), "error_type" => fault.kind())
                .increment(1);
        }
    }

    fn service(&self) -> SharedString {
        Arc::clone(&self.service).into()
    }
}
