//! Which format events have that name none: what the program declares, what the application's configuration says, and
//! what the test says, which must be one.

use std::path::{Path, PathBuf};

use crate::config::{ConfigFault, Origin, Setting, Sources};
use crate::registry::{Registry, RegistryFault};
use crate::schema::SchemaFault;

const KEY: &str = "default_format";

#[derive(Default)]
struct Said {
    format: Option<String>,
}

const SETTINGS: &[Setting<Said>] = &[Setting::text(KEY, "", |_| Ok(()), |said| &mut said.format)];

/// What the application's configuration says, as far as it is beside the package, and where.
///
/// # Errors
/// Why that cannot be known.
pub(super) fn configured(root: &Path) -> Result<Option<(String, Origin)>, String> {
    let mut sources = Sources::default();
    if cfg!(feature = "config") {
        match std::env::var_os("MINK_CONFIG") {
            Some(path) => sources.file(path),
            None => {
                if let Some(path) = nearest(root) {
                    sources.file(path);
                }
            }
        }
    }
    let name = "MINK_DEFAULT_FORMAT";
    sources.variables(std::env::var_os(name).map(|value| (name.into(), value)));
    from(sources)
}

fn from(sources: Sources) -> Result<Option<(String, Origin)>, String> {
    let mut said = Said::default();
    let mut resolved = sources.resolve(SETTINGS, &mut said);
    // the others are those of an application, and this is none
    if let Some(fault) = resolved.faults.into_iter().find(hides_the_format) {
        return Err(format!(
            "{fault}, so it is not known in which format the application writes events"
        ));
    }
    Ok(said.format.zip(resolved.origins.remove(KEY)))
}

fn hides_the_format(fault: &ConfigFault) -> bool {
    match fault {
        ConfigFault::WrongType { key, .. } | ConfigFault::Invalid { key, .. } => key == KEY,
        ConfigFault::UnknownSetting { meant, .. } => meant.as_deref() == Some(KEY),
        ConfigFault::NotUnicode { name } => name == "MINK_DEFAULT_FORMAT",
        ConfigFault::OutOfRange { .. } | ConfigFault::NoStore => false,
        _ => true,
    }
}

/// `mink.toml` in the package, or above it up to the workspace.
fn nearest(root: &Path) -> Option<PathBuf> {
    for directory in root.ancestors() {
        let path = directory.join("mink.toml");
        if path.is_file() {
            return Some(path);
        }
        if directory.join("Cargo.lock").exists() {
            return None;
        }
    }
    None
}

/// The registry with the format on which all agree.
///
/// # Errors
/// Who does not.
pub(super) fn agreed(
    registry: Registry,
    test: Option<String>,
    configured: Option<(String, Origin)>,
) -> Result<Registry, String> {
    let declared = registry.declared_default();
    let said: Vec<(String, String)> = [
        declared.map(|(format, at)| (format.to_owned(), at.to_string())),
        configured.map(|(format, at)| (format, at.to_string())),
        test.map(|format| (format, "`schema_lock_test!`".to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let Some((format, at)) = said.first() else {
        return Ok(registry);
    };
    if let Some((other, other_at)) = said.iter().find(|(other, _)| other != format) {
        return Err(format!(
            "the format of events that name none is `{format}` by {at}, and `{other}` by {other_at}: the lock would pin what is not stored. Make them say the same"
        ));
    }
    let format = format.clone();
    Ok(registry.with_default_format(format))
}

/// That the default format is none of those that there are, or declared twice.
pub(super) fn unknown(registry: &Registry) -> Vec<SchemaFault> {
    let faults = registry.verify().err().map(|found| found.faults);
    faults
        .into_iter()
        .flatten()
        .filter(|fault| {
            matches!(
                fault,
                RegistryFault::UnknownDefaultFormat { .. }
                    | RegistryFault::TwoDefaultFormats { .. }
            )
        })
        .map(|fault| SchemaFault::DefaultFormat {
            reason: fault.to_string(),
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn registry() -> Registry {
        Registry::by_hand().build()
    }

    fn declared() -> Registry {
        Registry::by_hand().default_format("json").build()
    }

    fn toml(format: &str) -> Option<(String, Origin)> {
        let path = PathBuf::from("mink.toml");
        Some((format.to_owned(), Origin::File { path, line: 3 }))
    }

    #[test]
    fn whoever_says_it_is_heard() {
        let format = |registry: Registry| registry.default_format().map(str::to_owned);
        let silent = agreed(registry(), None, None).map(format);
        assert_eq!(silent, Ok(None));
        let msgpack = Ok(Some("msgpack".to_owned()));
        let test = agreed(registry(), Some("msgpack".to_owned()), None).map(format);
        assert_eq!(test, msgpack);
        assert_eq!(
            agreed(registry(), None, toml("msgpack")).map(format),
            msgpack
        );
        let all = agreed(declared(), Some("json".to_owned()), toml("json")).map(format);
        assert_eq!(all, Ok(Some("json".to_owned())));
    }

    #[test]
    fn those_who_do_not_agree_are_both_named() {
        let refused = agreed(registry(), Some("json".to_owned()), toml("msgpack"));
        assert_eq!(
            refused.err().unwrap_or_default(),
            "the format of events that name none is `msgpack` by mink.toml:3, and `json` by `schema_lock_test!`: the lock would pin what is not stored. Make them say the same"
        );
        let refused = agreed(declared(), None, toml("msgpack"))
            .err()
            .unwrap_or_default();
        assert!(refused.contains("default_format.rs:"), "{refused}");
        assert!(agreed(declared(), Some("msgpack".to_owned()), None).is_err());
    }

    #[cfg(feature = "config")]
    #[test]
    fn the_applications_file_is_read_where_the_application_reads_it() {
        let workspace = tempfile::tempdir().unwrap();
        let package = workspace.path().join("crates/shop");
        std::fs::create_dir_all(&package).unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(workspace.path().join(name), text).unwrap();
        };
        write("Cargo.lock", "");
        assert_eq!(nearest(&package), None);
        write(
            "mink.toml",
            "store_url = \"sqlite://shop.db\"\ndefault_format = \"msgpack\"\n",
        );
        let found = |package: &Path| {
            let mut sources = Sources::default();
            sources.file(nearest(package).unwrap());
            from(sources)
        };
        let (format, at) = found(&package).unwrap().unwrap();
        assert_eq!(format, "msgpack");
        assert!(at.to_string().ends_with("mink.toml:2"), "{at}");
        // the package's own is nearer
        std::fs::write(package.join("mink.toml"), "patience = \"1s\"").unwrap();
        assert_eq!(found(&package), Ok(None));
        for broken in ["default_format = 3", "defualt_format = \"json\"", "= ="] {
            std::fs::write(package.join("mink.toml"), broken).unwrap();
            assert!(found(&package).is_err(), "{broken}");
        }
    }
}
