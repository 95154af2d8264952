use metrics::{SharedString, counter, gauge, histogram};
use tokio::time::Instant;

use super::super::observed::Ending;
use crate::observe::names::{
    COMMAND_DURATION, COMMAND_TYPE, COMMANDS, COMMANDS_IN_FLIGHT, ERROR_TYPE, ERRORS, SERVICE,
    STATUS,
};

/// One command on its way.
pub(super) struct Meter {
    service: SharedString,
    command: &'static str,
    since: Instant,
}

impl Meter {
    pub(super) fn begin(service: SharedString, command: &'static str) -> Self {
        gauge!(COMMANDS_IN_FLIGHT, SERVICE => service.clone(), COMMAND_TYPE => command)
            .increment(1.0);
        Self {
            service,
            command,
            since: Instant::now(),
        }
    }

    pub(super) fn end(self, ending: &Ending<'_>) {
        let Self {
            service,
            command,
            since,
        } = self;
        gauge!(COMMANDS_IN_FLIGHT, SERVICE => service.clone(), COMMAND_TYPE => command)
            .decrement(1.0);
        counter!(COMMANDS, SERVICE => service.clone(), COMMAND_TYPE => command, STATUS => ending.status())
            .increment(1);
        histogram!(COMMAND_DURATION, SERVICE => service.clone(), COMMAND_TYPE => command)
            .record(since.elapsed());
        // those of the store are counted where they happen
        if let Some(fault) = ending.fault().filter(|fault| !fault.is_of_the_store()) {
            counter!(ERRORS, SERVICE => service, ERROR_TYPE => fault.kind()).increment(1);
        }
    }
}
