//! Whether the format of events that name none is the one that the program declares.

use super::StartupFault;
use super::config::AppOptions;
use crate::config::{ConfigFault, Origin};
use crate::event::codec::JSON;
use crate::registry::{Registry, RegistryFault};
use crate::schema::{SchemaFault, SchemaLock};

/// The setting.
pub(super) const KEY: &str = "default_format";

/// The defaults of every option: the format is the one that is declared.
pub(super) fn options(registry: &Registry) -> AppOptions {
    let declared = registry.default_format().unwrap_or(JSON);
    AppOptions {
        default_format: Some(declared.to_owned()),
        ..AppOptions::default()
    }
}

/// That the configuration says another format than the program.
pub(super) fn contradicts(
    registry: &Registry,
    format: &str,
    origin: Option<&Origin>,
) -> Option<StartupFault> {
    let (declared, location) = registry.declared_default()?;
    let known = registry.formats().default_format() == format;
    (declared != format && known).then(|| StartupFault::DefaultFormat {
        at: origin.cloned().unwrap_or(Origin::Builder),
        format: format.to_owned(),
        declared: declared.to_owned(),
        location,
    })
}

/// Says of an unknown format where it was configured.
pub(super) fn place(faults: &mut [StartupFault], origin: Option<&Origin>) {
    let Some(origin) = origin.filter(|origin| **origin != Origin::Builder) else {
        return;
    };
    for fault in faults {
        if let StartupFault::Registry(RegistryFault::UnknownDefaultFormat {
            format,
            known,
            advice,
            ..
        }) = fault
        {
            *fault = StartupFault::Configuration(ConfigFault::Invalid {
                at: origin.clone(),
                key: KEY.to_owned(),
                takes: format!("a format that the program has ({known})"),
                reason: format!("`{}` is none: {advice}", crate::config::harmless(format)),
            });
        }
    }
}

/// What is different from the lock.
pub(super) fn locked(registry: &Registry, text: &str) -> Vec<StartupFault> {
    let faults = match SchemaLock::parse(text) {
        Ok(lock) => lock.check(&registry.schemas()).err(),
        Err(reason) => {
            return vec![StartupFault::SchemaLock(SchemaFault::Lock {
                reason,
                missing: false,
            })];
        }
    };
    let faults = faults.into_iter().flat_map(|found| found.faults);
    faults.map(StartupFault::SchemaLock).collect()
}

/// Says in the log that a schema lock may not know how events are written.
pub(super) fn warn(registry: &Registry, origin: Option<&Origin>) {
    let format = registry.formats().default_format();
    let Some(origin) = origin else { return };
    let nameless = registry.events().iter().any(|event| event.format.is_none());
    if nameless && registry.declared_default().is_none() && format != JSON {
        tracing::warn!(
            format,
            origin = %origin,
            "the default format is configured and not declared, so a schema lock may pin another: write `mink::default_format!(\"{format}\");` beside the events"
        );
    }
}
