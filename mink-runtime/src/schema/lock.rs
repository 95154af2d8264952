//! The file that pins every version of every event that was ever released.

mod advice;
mod check;
mod faults;
mod file;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use faults::{SchemaFault, SchemaFaults};

use super::{EventSchema, SchemaError, SchemaRegistry};

/// What a program declares of one event, as [`Registry::schemas`](crate::registry::Registry::schemas) gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The stored name.
    pub event: String,
    /// The version that the program writes.
    pub version: u32,
    /// The versions that upcasters start from.
    pub upcasts_from: Vec<u32>,
    /// How it is stored.
    pub schema: EventSchema,
    /// The name of its Rust type, without the path, for people.
    pub type_name: String,
    /// Where it is declared, `file:line`.
    pub place: String,
}

/// Every version of every event that was released, with its form.
///
/// It is a file in the repository, made to be reviewed: JSON, sorted by event and version, one field on a line.
/// [`Display`](std::fmt::Display) writes it.
///
/// ```
/// use mink_runtime::registry::Registry;
/// use mink_runtime::schema::SchemaLock;
///
/// let registry = Registry::by_hand().build();
/// let lock = SchemaLock::of(&registry.schemas());
/// assert_eq!(SchemaLock::parse(&lock.to_string())?, lock);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaLock {
    events: Vec<LockedEvent>,
}

/// An event in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedEvent {
    /// The stored name.
    pub name: String,
    /// Whether nothing stored needs it any more: the program need not declare it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// Its versions, from the oldest up.
    pub versions: Vec<LockedVersion>,
}

/// A version in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "file::Version", into = "file::Version")]
pub struct LockedVersion {
    /// The version.
    pub version: u32,
    /// Whether nothing is stored in it any more: no upcaster needs to start from it.
    pub retired: bool,
    /// How it is stored.
    pub schema: EventSchema,
}

impl LockedEvent {
    /// The versions that may be in a store; none of an event that was retired.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &LockedVersion> {
        let retired = self.retired;
        self.versions
            .iter()
            .filter(move |version| !retired && !version.retired)
    }
}

/// An event and version whose form was taken into the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The event.
    pub event: String,
    /// The version.
    pub version: u32,
}

/// Why a lock cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// There is no such file.
    #[error("there is no `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("`{}`: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        reason: String,
    },
    /// The file is not a lock.
    #[error(
        "`{}` is not a schema lock: {reason}. Take it from version control again; after a merge, keep the entries of both sides",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is to be retired is not in the lock.
    #[error("the lock has no event, and no version of one, called `{what}`")]
    NothingToRetire {
        /// What was asked for.
        what: String,
    },
    /// What is to be retired is still declared.
    #[error("`{what}` is still declared, at {place}: what the program writes is not retired")]
    StillDeclared {
        /// What was asked for.
        what: String,
        /// Where it is declared.
        place: String,
    },
}

impl SchemaLock {
    /// A lock of what is declared now, with no history.
    #[must_use]
    pub fn of(declared: &[Declared]) -> Self {
        let mut lock = Self::default();
        for event in declared {
            lock.pin(event);
        }
        lock
    }

    /// The events, by name.
    #[must_use]
    pub fn events(&self) -> &[LockedEvent] {
        &self.events
    }

    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&LockedEvent> {
        let at = self.place_of(name).ok()?;
        self.events.get(at)
    }

    /// Every version that is pinned, retired ones too.
    ///
    /// # Errors
    /// None for a lock that was read or made here.
    pub fn schemas(&self) -> Result<SchemaRegistry, SchemaError> {
        let mut schemas = SchemaRegistry::default();
        for event in &self.events {
            for version in &event.versions {
                schemas.register(&event.name, version.version, version.schema.clone())?;
            }
        }
        Ok(schemas)
    }

    /// Reads the text of a lock. A byte order mark in front of it, which some editors write, is passed over.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        file::parse(text).map(|events| Self { events })
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// [`LockError::Missing`], [`LockError::Io`], [`LockError::Unreadable`].
    pub fn read(path: &Path) -> Result<Self, LockError> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LockError::Missing {
                path: path.to_owned(),
            },
            _ => io(path, &error),
        })?;
        Self::parse(&text).map_err(|reason| LockError::Unreadable {
            path: path.to_owned(),
            reason,
        })
    }

    /// Writes the file, whole or not at all. What is the same already is left alone.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let text = self.to_string();
        if std::fs::read_to_string(path).is_ok_and(|found| found == text) {
            return Ok(());
        }
        replace(path, text.as_bytes()).map_err(|error| io(path, &error))
    }

    /// Says that nothing stored needs an event, named as `OrderNoted`, or a version of one, named as `OrderNoted v1`.
    /// Its history stays.
    ///
    /// # Errors
    /// [`LockError::NothingToRetire`], and [`LockError::StillDeclared`] for what the program writes.
    pub fn retire(&mut self, what: &str, declared: &[Declared]) -> Result<(), LockError> {
        let still = |place: &Declared| LockError::StillDeclared {
            what: what.to_owned(),
            place: place.place.clone(),
        };
        if let Some(event) = self.events.iter_mut().find(|event| event.name == what) {
            if let Some(found) = declared.iter().find(|declared| declared.event == what) {
                return Err(still(found));
            }
            event.retired = true;
            return Ok(());
        }
        let nothing = || LockError::NothingToRetire {
            what: what.to_owned(),
        };
        let (name, version) = what.rsplit_once(" v").ok_or_else(nothing)?;
        let version: u32 = version.parse().map_err(|_| nothing())?;
        if let Some(found) = declared
            .iter()
            .find(|declared| declared.event == name && declared.version == version)
        {
            return Err(still(found));
        }
        let locked = self
            .events
            .iter_mut()
            .filter(|event| event.name == name)
            .flat_map(|event| &mut event.versions)
            .find(|locked| locked.version == version)
            .ok_or_else(nothing)?;
        locked.retired = true;
        Ok(())
    }

    /// Takes the declared form of an event's version, in place of what was there. Whether that differs.
    fn pin(&mut self, declared: &Declared) -> bool {
        let at = self.place_of(&declared.event).unwrap_or_else(|at| {
            let event = LockedEvent {
                name: declared.event.clone(),
                retired: false,
                versions: Vec::new(),
            };
            self.events.insert(at, event);
            at
        });
        let Some(event) = self.events.get_mut(at) else {
            return false;
        };
        event.retired = false;
        let version = LockedVersion {
            version: declared.version,
            retired: false,
            schema: declared.schema.clone(),
        };
        let place = event
            .versions
            .binary_search_by_key(&declared.version, |locked| locked.version);
        match place {
            Err(at) => {
                event.versions.insert(at, version);
                true
            }
            Ok(at) => event.versions.get_mut(at).is_some_and(|locked| {
                let differs = locked.schema != version.schema;
                *locked = version;
                differs
            }),
        }
    }

    fn place_of(&self, name: &str) -> Result<usize, usize> {
        self.events
            .binary_search_by(|event| event.name.as_str().cmp(name))
    }
}

fn io(path: &Path, error: &std::io::Error) -> LockError {
    LockError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// Writes beside the file and renames, so that a reader finds the old one or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}
