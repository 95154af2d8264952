use std::fmt;

use crate::schema::{Comparison, Compatibility};

/// All that is wrong between a program, its schema lock and its corpus. Prints what to write, and what can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFaults {
    /// The faults, by event.
    pub faults: Vec<SchemaFault>,
}

impl std::error::Error for SchemaFaults {}

impl SchemaFaults {
    /// `Ok` when there are none.
    ///
    /// # Errors
    /// The faults.
    pub fn or_ok(faults: Vec<SchemaFault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self { faults })
        }
    }

    /// Whether accepting would clear all of it.
    #[must_use]
    pub fn can_be_accepted(&self) -> bool {
        self.faults.iter().all(SchemaFault::can_be_accepted)
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaFault {
    /// The lock cannot be used.
    Lock {
        /// Why.
        reason: String,
        /// Whether there is none, which accepting creates.
        missing: bool,
    },
    /// The program declares no event.
    NothingDeclared,
    /// Two declarations share a name.
    DeclaredTwice {
        /// The event.
        event: String,
        /// One declaration.
        first: String,
        /// The other.
        second: String,
    },
    /// An event that is not locked yet.
    New {
        /// The event.
        event: String,
        /// Its version.
        version: u32,
        /// Its declaration.
        place: String,
    },
    /// A version that is not locked yet.
    NewVersion {
        /// The event.
        event: String,
        /// The newest version in the lock.
        from: u32,
        /// The declared one.
        version: u32,
        /// What it changes.
        changes: Comparison,
        /// Its declaration.
        place: String,
    },
    /// The form changed and the version did not.
    Changed {
        /// The event.
        event: String,
        /// The version.
        version: u32,
        /// What changed.
        changes: Comparison,
        /// The two forms, line by line.
        diff: String,
        /// The lines to write.
        advice: String,
        /// Its declaration.
        place: String,
    },
    /// The format of events that name none is not clear.
    DefaultFormat {
        /// Why.
        reason: String,
    },
    /// A version was stored in a format that does not describe itself, and a function on JSON is to bring it up.
    FunctionOnBinary {
        /// The event.
        event: String,
        /// The version.
        version: u32,
        /// The format that it was stored in.
        format: String,
        /// The event's declaration.
        place: String,
    },
    /// A version that may be stored has no upcaster.
    NoUpcaster {
        /// The event.
        event: String,
        /// The declared version.
        version: u32,
        /// The versions without one.
        missing: Vec<u32>,
        /// The lines to write.
        advice: String,
        /// Its declaration.
        place: String,
    },
    /// The declared version is below one that was released.
    WentDown {
        /// The event.
        event: String,
        /// The newest version in the lock.
        locked: u32,
        /// The declared one.
        declared: u32,
        /// Its declaration.
        place: String,
    },
    /// An event that was released is not declared any more.
    Removed {
        /// The event.
        event: String,
        /// Its newest version.
        latest: u32,
        /// When one event that is not locked has its form: the line to write.
        renamed: Option<String>,
    },
    /// An event that was retired is declared again.
    Revived {
        /// The event.
        event: String,
        /// Its declaration.
        place: String,
    },
    /// No payload of a version is in the corpus.
    NoPayload {
        /// The event.
        event: String,
        /// The version.
        version: u32,
        /// Whether it is the one that the program writes, so that a payload can be made.
        current: bool,
    },
    /// A payload of the corpus cannot be read any more.
    Unreadable {
        /// The file.
        file: String,
        /// Which of its payloads, counted from 1.
        number: usize,
        /// The event.
        event: String,
        /// The version.
        version: u32,
        /// What is wrong. It holds no value.
        reason: String,
    },
    /// A payload of an event that nothing declares.
    Stray {
        /// The file.
        file: String,
        /// The event.
        event: String,
    },
    /// A file of the corpus is not one.
    BrokenFile {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No payload can be made up from the shape.
    NoSample {
        /// The event.
        event: String,
        /// Its version.
        version: u32,
        /// What is wrong.
        reason: String,
    },
    /// A file could not be written.
    Unwritten {
        /// What went wrong.
        reason: String,
    },
}

impl SchemaFault {
    /// Whether accepting clears it: everything that was ever locked can still be read.
    #[must_use]
    pub fn can_be_accepted(&self) -> bool {
        match self {
            Self::New { .. } | Self::NewVersion { .. } | Self::Revived { .. } => true,
            Self::Changed { changes, .. } => changes.compatibility().reads_what_is_stored(),
            Self::NoPayload { current, .. } => *current,
            Self::Lock { missing, .. } => *missing,
            _ => false,
        }
    }
}

impl fmt::Display for SchemaFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (legal, wrong): (Vec<_>, Vec<_>) = self
            .faults
            .iter()
            .partition(|fault| fault.can_be_accepted());
        if !wrong.is_empty() {
            write!(f, "this program and its schema lock do not fit:\n\n")?;
            for fault in &wrong {
                writeln!(f, "{}", Item(fault))?;
            }
        }
        if !legal.is_empty() {
            f.write_str(if wrong.is_empty() {
                "the schema lock does not know all of this program yet:\n\n"
            } else {
                "these can be accepted, once the faults above are gone:\n\n"
            })?;
            for fault in &legal {
                writeln!(f, "{}", Item(fault))?;
            }
            writeln!(
                f,
                "To accept them, run `MINK_SCHEMA=accept cargo test`, look at what it wrote, and commit it."
            )?;
        }
        Ok(())
    }
}

/// A fault as an item of a list: what follows its first line is indented.
struct Item<'a>(&'a SchemaFault);

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.0.to_string().trim_end().lines().enumerate() {
            match (at, line.is_empty()) {
                (0, _) => writeln!(f, "- {line}")?,
                (_, true) => writeln!(f)?,
                _ => writeln!(f, "  {line}")?,
            }
        }
        Ok(())
    }
}

/// Lines that stand apart.
struct Block<'a>(&'a str);

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.trim_end().lines() {
            match line.trim_end() {
                "" => writeln!(f)?,
                line => writeln!(f, "    {line}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for SchemaFault {
    #[allow(clippy::too_many_lines, reason = "one text for each fault")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock {
                reason,
                missing: true,
            } => write!(f, "{reason}: nothing of this program is pinned yet"),
            Self::Lock { reason, .. } => f.write_str(reason),
            Self::NothingDeclared => f.write_str(
                "this program declares no event. A crate that is only a dependency is left out by the linker: name it once beside the test, `use my_domain as _;`",
            ),
            Self::DeclaredTwice {
                event,
                first,
                second,
            } => write!(
                f,
                "two events are called `{event}`: {first} and {second}. Rename one with `name = \"...\"`"
            ),
            Self::New {
                event,
                version,
                place,
            } => write!(f, "{place}: event `{event}` v{version} is new"),
            Self::NewVersion {
                event,
                from,
                version,
                changes,
                place,
            } => {
                writeln!(
                    f,
                    "{place}: event `{event}` v{version} is a new version; v{from} is brought up by an upcaster"
                )?;
                write!(f, "{}", Block(&changes.to_string()))
            }
            Self::Changed {
                event,
                version,
                changes,
                diff,
                advice,
                place,
            } => changed(f, event, *version, changes, diff, advice, place),
            Self::DefaultFormat { reason } => f.write_str(reason),
            Self::FunctionOnBinary {
                event,
                version,
                format,
                place,
            } => write!(
                f,
                "{place}: event `{event}` v{version} was stored as `{format}`, which does not describe itself, and its upcaster from version {version} is a function on JSON, so none of them could be read. Name the struct that the event was then, which reads that format: `upcast({version} => OldStruct)`.\nWhen no store holds a v{version} any more, say so: MINK_SCHEMA=\"retire {event} v{version}\" cargo test"
            ),
            Self::NoUpcaster {
                event,
                version,
                missing,
                advice,
                place,
            } => {
                let missing: Vec<_> = missing.iter().map(|from| format!("v{from}")).collect();
                writeln!(
                    f,
                    "{place}: event `{event}` is at version {version} and has no upcaster from {}: what is stored so could not be read. Write",
                    missing.join(", ")
                )?;
                write!(f, "\n{}", Block(advice))?;
                write!(
                    f,
                    "\nWhen no store holds a {oldest} any more, say so: MINK_SCHEMA=\"retire {event} {oldest}\" cargo test",
                    oldest = missing.first().map_or("", String::as_str)
                )
            }
            Self::WentDown {
                event,
                locked,
                declared,
                place,
            } => write!(
                f,
                "{place}: event `{event}` is declared with version {declared}, and version {locked} was released: this program could not read it. Write `version = {locked}`, or a version above it with an upcaster"
            ),
            Self::Removed {
                event,
                latest,
                renamed,
            } => {
                write!(
                    f,
                    "event `{event}` v{latest} is in the lock and no longer in the program: no stream that holds one could be loaded. "
                )?;
                if let Some(line) = renamed {
                    write!(
                        f,
                        "If it is one that was renamed, keep the name under which it is stored:\n\n{}\nIf not, declare it again",
                        Block(line)
                    )?;
                } else {
                    f.write_str("Declare it again")?;
                }
                write!(
                    f,
                    ", also when nothing writes it any more. When no store holds one, retire it: MINK_SCHEMA=\"retire {event}\" cargo test"
                )
            }
            Self::Revived { event, place } => write!(
                f,
                "{place}: event `{event}` was retired, and is declared again"
            ),
            Self::NoPayload {
                event,
                version,
                current: true,
            } => write!(f, "the corpus has no payload of event `{event}` v{version}"),
            Self::NoPayload { event, version, .. } => write!(
                f,
                "the corpus has no payload of event `{event}` v{version}, which was released: take its file from version control again, or put a stored payload there"
            ),
            Self::Unreadable {
                file,
                number,
                event,
                version,
                reason,
            } => write!(
                f,
                "{file}: payload {number}, event `{event}` v{version}, was stored like this and can no longer be read: {reason}"
            ),
            Self::Stray { file, event } => write!(
                f,
                "{file}: nothing declares an event `{event}`, and the lock has none: correct the name, or remove the file"
            ),
            Self::BrokenFile { file, reason } => write!(f, "{file}: {reason}"),
            Self::NoSample {
                event,
                version,
                reason,
            } => write!(
                f,
                "no payload of event `{event}` v{version} can be made up from its shape: {reason}. When a field accepts less than its type says, give an example: `#[mink(example = ...)]`; or put a stored payload into the corpus"
            ),
            Self::Unwritten { reason } => write!(f, "nothing was accepted: {reason}"),
        }
    }
}

const THEN_ACCEPT: &str = "\nThen accept the new version: MINK_SCHEMA=accept cargo test";

fn changed(
    f: &mut fmt::Formatter<'_>,
    event: &str,
    version: u32,
    changes: &Comparison,
    diff: &str,
    advice: &str,
    place: &str,
) -> fmt::Result {
    let compatibility = changes.compatibility();
    writeln!(
        f,
        "{place}: event `{event}` v{version} changed and its version did not ({compatibility})"
    )?;
    write!(f, "\n{}\n", Block(diff))?;
    writeln!(f, "{}", Block(&changes.to_string()))?;
    match compatibility {
        Compatibility::Full | Compatibility::Backward => f.write_str(
            "Everything stored can still be read. Programs from before this change may not read what is written from now on: update them first.",
        ),
        Compatibility::Forward => {
            writeln!(
                f,
                "What is stored as `{event}` v{version} would be read, and lose what is gone. Make a new version of it:"
            )?;
            write!(f, "\n{}", Block(advice))?;
            f.write_str(THEN_ACCEPT)
        }
        Compatibility::Breaking => {
            writeln!(
                f,
                "What is stored as `{event}` v{version} could not be read as it was meant. Make a new version of it:"
            )?;
            write!(f, "\n{}", Block(advice))?;
            f.write_str(THEN_ACCEPT)
        }
    }
}
