use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::{
    ConfigFault, Given, Origin, Setting, StoreSection, StoreSettings, Taken, Unfit, Written,
    environment,
};
use crate::registry::Location;

/// Where settings are written. What is named later wins over what is named earlier; the environment wins over files,
/// and [`set`](Self::set) over both.
#[derive(Default, Clone)]
pub struct Sources {
    files: Vec<(PathBuf, Need)>,
    variables: Option<Vec<(OsString, OsString)>>,
    calls: Vec<(String, Given)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

/// What the sources came to.
pub(crate) struct Resolved {
    /// The settings of every linked adapter, by section.
    pub(crate) stores: BTreeMap<&'static str, Box<dyn StoreSettings>>,
    /// Where each setting that was written comes from.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// Everything that is wrong.
    pub(crate) faults: Vec<ConfigFault>,
}

impl Sources {
    /// A file that must be there.
    pub fn file(&mut self, path: impl Into<PathBuf>) {
        self.files.push((path.into(), Need::Required));
    }

    /// A file that is read when it is there.
    pub fn file_if_there(&mut self, path: impl Into<PathBuf>) {
        self.files.push((path.into(), Need::Optional));
    }

    /// The file that `MINK_CONFIG` names, which must be there; without that variable, `mink.toml` in the working
    /// directory when it is there.
    pub fn usual_file(&mut self) {
        match std::env::var_os("MINK_CONFIG") {
            Some(path) => self.file(path),
            None => self.file_if_there("mink.toml"),
        }
    }

    /// Variables as those of the environment.
    pub fn variables(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) {
        self.variables.get_or_insert_default().extend(variables);
    }

    /// One setting, said in the program at `location`.
    pub fn set(&mut self, key: impl Into<String>, value: &dyn Display, location: Location) {
        let given = Given {
            written: Written::Untyped(value.to_string()),
            origin: Origin::Call(location),
        };
        self.calls.push((key.into(), given));
    }

    /// Whether anything was named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.variables.is_none() && self.calls.is_empty()
    }

    /// Reads every source and puts what fits into `to` and into the settings of the linked adapters.
    pub(crate) fn resolve<T>(self, table: &[Setting<T>], to: &mut T) -> Resolved {
        let mut stores: BTreeMap<_, _> = StoreSection::linked()
            .into_iter()
            .map(|(name, section)| (name, section.begin()))
            .collect();
        let keys = Keys::of(table, &stores);
        let mut faults = Vec::new();
        let given = self.collect(&keys, &mut faults);
        let mut origins = BTreeMap::new();
        for (key, given) in given {
            let (outcome, taken) = if let Some(setting) = table.iter().find(|s| s.key == key) {
                (Some(setting.apply(to, &given)), Some(setting.takes(to)))
            } else if let Some((section, rest)) = key.split_once('.')
                && let Some(store) = stores.get_mut(section)
            {
                (store.set(rest, &given), store.takes(rest))
            } else {
                (None, None)
            };
            match (outcome, taken) {
                (Some(Ok(())), _) => {
                    origins.insert(key, given.origin);
                }
                (Some(Err(unfit)), Some(taken)) => {
                    faults.push(fault(key, taken, unfit, &given));
                }
                _ => faults.push(ConfigFault::UnknownSetting {
                    at: given.origin,
                    meant: super::suggest::closest(&key, keys.all()).map(str::to_owned),
                    key: super::setting::harmless(&key),
                }),
            }
        }
        Resolved {
            stores,
            origins,
            faults,
        }
    }

    fn collect(self, keys: &Keys, faults: &mut Vec<ConfigFault>) -> Vec<(String, Given)> {
        let mut given = Vec::new();
        for (path, need) in self.files {
            read(&path, need, keys, &mut given, faults);
        }
        if let Some(variables) = self.variables {
            environment::collect(&variables, keys, &mut given, faults);
        }
        given.extend(self.calls);
        given
    }
}

#[cfg(feature = "config")]
fn read(
    path: &Path,
    need: Need,
    keys: &Keys,
    given: &mut Vec<(String, Given)>,
    faults: &mut Vec<ConfigFault>,
) {
    use std::io::ErrorKind;

    match std::fs::read(path) {
        Ok(bytes) => match std::str::from_utf8(&bytes) {
            Ok(content) => super::file::collect(path, content, keys, given, faults),
            Err(error) => faults.push(ConfigFault::Syntax {
                at: Origin::File {
                    path: path.to_owned(),
                    line: bytes
                        .iter()
                        .take(error.valid_up_to())
                        .filter(|byte| **byte == b'\n')
                        .count()
                        + 1,
                },
                reason: "this is not UTF-8".to_owned(),
            }),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if need == Need::Required {
                faults.push(ConfigFault::FileMissing {
                    path: path.to_owned(),
                });
            }
        }
        Err(error) => faults.push(ConfigFault::FileUnreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Without the feature, a file that is there is not passed over in silence.
#[cfg(not(feature = "config"))]
fn read(
    path: &Path,
    need: Need,
    _: &Keys,
    _: &mut Vec<(String, Given)>,
    faults: &mut Vec<ConfigFault>,
) {
    if need == Need::Required || path.exists() {
        faults.push(ConfigFault::NoFiles {
            path: path.to_owned(),
        });
    }
}

fn fault(key: String, taken: Taken, unfit: Unfit, given: &Given) -> ConfigFault {
    let at = given.origin.clone();
    match unfit {
        Unfit::Type => ConfigFault::WrongType {
            at,
            key,
            takes: taken.what,
            found: given.written.kind(),
        },
        Unfit::Meaning(reason) => ConfigFault::Invalid {
            at,
            key,
            takes: taken.what,
            reason,
        },
        Unfit::Range(value) => ConfigFault::OutOfRange {
            at,
            key,
            value,
            range: taken.range,
        },
    }
}

/// Every key there is.
pub(super) struct Keys {
    all: BTreeSet<String>,
    sections: BTreeSet<String>,
}

impl Keys {
    fn of<T>(
        table: &[Setting<T>],
        stores: &BTreeMap<&'static str, Box<dyn StoreSettings>>,
    ) -> Self {
        let mut all: BTreeSet<String> = table.iter().map(|setting| setting.key.into()).collect();
        for (section, settings) in stores {
            let keys = settings.keys();
            all.extend(keys.iter().map(|(key, _)| format!("{section}.{key}")));
        }
        let sections = all
            .iter()
            .flat_map(|key| key.match_indices('.').map(|(at, _)| key[..at].to_owned()))
            .collect();
        Self { all, sections }
    }

    pub(super) fn holds(&self, key: &str) -> bool {
        self.all.contains(key)
    }

    pub(super) fn is_section(&self, key: &str) -> bool {
        self.sections.contains(key)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str)
    }

    #[cfg(feature = "config")]
    pub(super) fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(String::as_str)
    }
}
