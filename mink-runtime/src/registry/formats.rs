//! Whether every event can be written in its format, and read again.

use std::fmt;
use std::sync::Arc;

use super::{EventEntry, Location, Registry, RegistryFault};
use crate::event::codec::{Codec, Formats, JSON, MSGPACK, PROTOBUF, RESERVED, advice, title};
use crate::id::check_name;

/// A codec and where it is declared.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) codec: Arc<dyn Codec>,
    pub(super) location: Location,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codec.name())
    }
}

/// The formats of a registry. An unknown default is left to [`find`].
pub(super) fn formats(registry: &Registry) -> Formats {
    let mut formats = Formats::new();
    for registered in &registry.codecs {
        formats = formats.with(Arc::clone(&registered.codec));
    }
    match registry.default_format() {
        Some(default) => match known(registry).into_iter().find(|name| *name == default) {
            Some(name) => formats.with_default(name),
            None => formats,
        },
        None => formats,
    }
}

/// The formats that anything here provides, JSON first.
fn known(registry: &Registry) -> Vec<&'static str> {
    let mut names = vec![JSON];
    if cfg!(feature = "msgpack") {
        names.push(MSGPACK);
    }
    names.extend(
        registry
            .codecs
            .iter()
            .map(|registered| registered.codec.name()),
    );
    names.extend(registry.events.iter().flat_map(|event| (event.native)()));
    names.dedup();
    names
}

pub(super) fn find(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    codecs(registry, faults);
    if let Some((first, at)) = registry.declared_default()
        && let Some(other) = registry
            .declared_defaults
            .iter()
            .find(|other| other.format != first)
    {
        faults.push(RegistryFault::TwoDefaultFormats {
            first,
            first_at: at,
            second: other.format,
            second_at: other.location,
        });
    }
    let default_is_known = match registry.default_format() {
        Some(default) if default != registry.formats.default_format() => {
            let known: Vec<_> = (known(registry).iter().map(|name| format!("`{name}`"))).collect();
            faults.push(RegistryFault::UnknownDefaultFormat {
                format: default.to_owned(),
                declared: registry
                    .declared_default()
                    .filter(|(declared, _)| *declared == default)
                    .map(|(_, location)| location),
                known: known.join(", "),
                advice: what_to_do(registry, default),
            });
            false
        }
        _ => true,
    };
    for event in &registry.events {
        if event.format.is_some() || default_is_known {
            of_event(registry, event, faults);
        }
    }
}

fn codecs(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    for (at, registered) in registry.codecs.iter().enumerate() {
        let (name, location) = (registered.codec.name(), registered.location);
        let reason = if RESERVED.contains(&name) {
            Some("the name is mink's own: give the codec another".to_owned())
        } else {
            check_name("codec name", name, 64)
                .err()
                .map(|reason| reason.to_string())
        };
        if let Some(reason) = reason {
            faults.push(RegistryFault::InvalidName {
                kind: "codec",
                name,
                reason,
                location,
            });
        }
        if let Some(other) = registry.codecs[..at]
            .iter()
            .find(|other| other.codec.name() == name)
        {
            faults.push(RegistryFault::DuplicateName {
                kind: "codec",
                name,
                first: other.location,
                second: location,
            });
        }
    }
}

fn of_event(registry: &Registry, entry: &EventEntry, faults: &mut Vec<RegistryFault>) {
    let formats = &registry.formats;
    let format = entry.format.unwrap_or(formats.default_format());
    let (event, location) = (entry.name, entry.location);
    let native = (entry.native)().contains(&format);
    if !native && !formats.knows(format) {
        faults.push(match entry.format {
            Some(_) => RegistryFault::UnknownFormat {
                event,
                format,
                advice: what_to_do(registry, format),
                location,
            },
            None => RegistryFault::NotInDefaultFormat {
                event,
                format: title(format),
                location,
            },
        });
        return;
    }
    if !native && formats.is_self_describing(format) {
        return;
    }
    if entry.format_since == 0 || entry.format_since > entry.version.max(1) {
        faults.push(RegistryFault::FormatSince {
            event,
            since: entry.format_since,
            version: entry.version,
            location,
        });
    }
    for from in (entry.json_upcasts_from)() {
        if from >= entry.format_since && from < entry.version {
            faults.push(RegistryFault::UpcasterOnJson {
                event,
                format: title(format),
                from,
                location,
            });
        }
    }
    if !entry.encrypted.is_empty() {
        faults.push(RegistryFault::EncryptedFormat {
            event,
            format: title(format),
            location,
        });
    }
}

fn what_to_do(registry: &Registry, format: &str) -> String {
    let known = known(registry);
    if matches!(format, MSGPACK | PROTOBUF) {
        return advice(format);
    }
    let meant = similar::get_close_matches(format, &known, 1, 0.7);
    match meant.first() {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => advice(format),
    }
}
