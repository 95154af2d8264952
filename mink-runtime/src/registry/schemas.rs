use super::{EventEntry, Registry};
use crate::schema::{Declared, EventSchema};

impl Registry {
    /// How each declared event is stored, by stored name: what a [`SchemaLock`](crate::schema::SchemaLock) pins.
    #[must_use]
    pub fn schemas(&self) -> Vec<Declared> {
        self.events()
            .iter()
            .map(|entry| declared(entry, self.formats().default_format()))
            .collect()
    }
}

fn declared(entry: &EventEntry, default_format: &'static str) -> Declared {
    Declared {
        event: entry.name.to_owned(),
        version: entry.version,
        upcasts_from: (entry.upcasts_from)(),
        schema: EventSchema::new(
            &entry.shape,
            entry.encrypted,
            entry.format.unwrap_or(default_format),
        ),
        type_name: short((entry.type_name)()),
        place: entry.location.to_string(),
    }
}

/// A type's name without its path and its arguments.
fn short(name: &str) -> String {
    let name = name.split('<').next().unwrap_or(name);
    let name = name.rsplit("::").next().unwrap_or(name);
    name.trim_start_matches("r#").to_owned()
}
