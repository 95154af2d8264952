use std::fmt;

use super::Registry;
use crate::event::codec::JSON;

/// One line per declaration: aggregates with what they decide and evolve from, events with versions and encrypted
/// fields, commands with their routes.
impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "aggregates")?;
        for aggregate in &self.aggregates {
            writeln!(f, "  {}  ({})", aggregate.name, aggregate.location)?;
            let id = (aggregate.type_id)();
            for entry in self
                .handlers
                .iter()
                .filter(|entry| (entry.aggregate_type)() == id)
            {
                for (event, _, _) in (entry.evolves)() {
                    writeln!(f, "    evolves from {event}")?;
                }
            }
        }
        writeln!(f, "events")?;
        for event in &self.events {
            write!(f, "  {} v{}", event.name, event.version)?;
            let format = event.format.unwrap_or(self.formats.default_format());
            if format != JSON {
                write!(f, ", written as {format}")?;
            }
            let upcasts = (event.upcasts_from)();
            if !upcasts.is_empty() {
                let from: Vec<_> = upcasts.iter().map(|from| format!("v{from}")).collect();
                write!(f, ", upcast from {}", from.join(", "))?;
            }
            if !event.encrypted.is_empty() {
                write!(f, ", encrypts {}", event.encrypted.join(", "))?;
            }
            writeln!(f, "  ({})", event.location)?;
        }
        writeln!(f, "commands")?;
        for command in &self.commands {
            write!(f, "  {}", command.name)?;
            let id = (command.type_id)();
            for entry in &self.handlers {
                for decider in entry.decides.iter().filter(|d| (d.command_type)() == id) {
                    write!(f, " -> {} ({})", entry.aggregate, decider.location)?;
                    for service in decider.services {
                        write!(f, ", takes {}", (service.type_name)())?;
                    }
                }
            }
            for function in self.functions.iter().filter(|f| (f.command_type)() == id) {
                write!(f, " -> fn {} ({})", function.name, function.location)?;
                for service in function.services {
                    write!(f, ", takes {}", (service.type_name)())?;
                }
            }
            if !command.encrypted.is_empty() {
                write!(f, ", encrypts {}", command.encrypted.join(", "))?;
            }
            writeln!(f, "  ({})", command.location)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
