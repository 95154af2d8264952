mod default_format;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::codec::{Formats, PROTOBUF};
use crate::id::{EventId, StreamId, TenantId};
use crate::metadata::Metadata;
use crate::registry::{EventEntry, Registry};
use crate::schema::{
    Accepted, Corpus, Declared, LockError, SchemaFault, SchemaFaults, SchemaLock, StoredSamples,
    samples,
};
use crate::storage::{Format, RecordedEvent};

/// Where a schema lock and its corpus are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaLockFiles {
    root: PathBuf,
    lock: PathBuf,
    corpus: Corpus,
}

impl SchemaLockFiles {
    /// The lock `root/lock`, and its corpus in the directory beside it that is called as the lock without its ending,
    /// and `-corpus`: `mink-schema.lock` and `mink-schema-corpus/`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, lock: impl AsRef<Path>) -> Self {
        let root = root.into();
        let lock = root.join(lock);
        let mut corpus = lock.with_extension("").into_os_string();
        corpus.push("-corpus");
        Self {
            corpus: Corpus::new(PathBuf::from(corpus)),
            lock,
            root,
        }
    }

    /// The lock.
    #[must_use]
    pub fn lock(&self) -> &Path {
        &self.lock
    }

    /// The stored payloads.
    #[must_use]
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string().replace('\\', "/")
    }

    fn read(&self) -> Result<SchemaLock, SchemaFault> {
        SchemaLock::read(&self.lock).map_err(|error| {
            let missing = matches!(error, LockError::Missing { .. });
            SchemaFault::Lock {
                reason: error
                    .to_string()
                    .replace(&self.lock.display().to_string(), &self.shown(&self.lock)),
                missing,
            }
        })
    }
}

/// Checks that what is declared is what the lock pins, and that every payload of the corpus can be read, through
/// upcasters.
///
/// `mink::schema_lock_test!()` makes a test of it. Writes nothing.
///
/// # Errors
/// Everything that is wrong, together, with the lines to write.
pub fn check_schema_lock(registry: &Registry, files: &SchemaLockFiles) -> Result<(), SchemaFaults> {
    let declared = registry.schemas();
    let lock = match files.read() {
        Ok(lock) => lock,
        Err(fault @ SchemaFault::Lock { missing: true, .. }) => {
            let mut faults = vec![fault];
            faults.extend(differences(&SchemaLock::default(), &declared, registry));
            return SchemaFaults::or_ok(faults);
        }
        Err(fault) => return Err(one(fault)),
    };
    let mut faults = differences(&lock, &declared, registry);
    faults.extend(corpus_faults(&lock, registry, files, &faults));
    SchemaFaults::or_ok(faults)
}

/// Takes into the lock what is declared, when all that was ever pinned can still be read, and puts a payload of each new
/// form into the corpus. Writes nothing when something is refused.
///
/// # Errors
/// What cannot be accepted.
pub fn accept_schema_lock(
    registry: &Registry,
    files: &SchemaLockFiles,
) -> Result<Vec<Accepted>, SchemaFaults> {
    let declared = registry.schemas();
    let mut lock = match files.read() {
        Ok(lock) => lock,
        Err(SchemaFault::Lock { missing: true, .. }) => SchemaLock::default(),
        Err(fault) => return Err(one(fault)),
    };
    let mut faults = differences(&lock, &declared, registry);
    faults.extend(corpus_faults(&lock, registry, files, &faults));
    faults.retain(|fault| !fault.can_be_accepted());
    SchemaFaults::or_ok(faults)?;

    let accepted = lock.accept(&declared)?;
    let mut new = Vec::new();
    let mut faults = Vec::new();
    for entry in registry.events() {
        let is_new = accepted
            .iter()
            .any(|accepted| accepted.event == entry.name && accepted.version == entry.version);
        let has_payload = stored(files, entry.name, entry.version);
        if !is_new && has_payload {
            continue;
        }
        match made_up(entry, registry.formats()) {
            Ok(samples) => new.push(samples),
            Err(_) if has_payload => {}
            Err(reason) => faults.push(SchemaFault::NoSample {
                event: entry.name.to_owned(),
                version: entry.version,
                reason,
            }),
        }
    }
    SchemaFaults::or_ok(faults)?;
    for samples in &new {
        files
            .corpus
            .add(samples)
            .map_err(|error| unwritten(&error))?;
    }
    lock.write(&files.lock).map_err(|error| unwritten(&error))?;
    Ok(accepted)
}

/// Says in the lock that no store holds an event any more, named as `OrderNoted`, or a version, named as
/// `OrderNoted v1`. What is still declared is refused.
///
/// # Errors
/// What is wrong with the lock or the name.
pub fn retire_in_schema_lock(
    registry: &Registry,
    files: &SchemaLockFiles,
    what: &str,
) -> Result<(), SchemaFaults> {
    let mut lock = files.read().map_err(one)?;
    lock.retire(what, &registry.schemas())
        .map_err(|error| unwritten(&error))?;
    lock.write(&files.lock).map_err(|error| unwritten(&error))
}

fn one(fault: SchemaFault) -> SchemaFaults {
    SchemaFaults {
        faults: vec![fault],
    }
}

fn unwritten(error: &dyn std::error::Error) -> SchemaFaults {
    one(SchemaFault::Unwritten {
        reason: error.to_string(),
    })
}

fn differences(lock: &SchemaLock, declared: &[Declared], registry: &Registry) -> Vec<SchemaFault> {
    let mut faults = default_format::unknown(registry);
    faults.extend(
        lock.check(declared)
            .err()
            .into_iter()
            .flat_map(|found| found.faults),
    );
    faults.extend(functions_on_binary(lock, registry));
    faults
}

/// The versions that were stored in a format that their upcaster cannot read.
fn functions_on_binary(lock: &SchemaLock, registry: &Registry) -> Vec<SchemaFault> {
    let formats = registry.formats();
    let mut faults = Vec::new();
    for event in lock.events() {
        let Some(entry) = registry.event(&event.name) else {
            continue;
        };
        let functions = (entry.json_upcasts_from)();
        for locked in event.live() {
            let format = locked.schema.format.as_str();
            let describes_itself = formats.is_self_describing(format);
            if locked.version < entry.version
                && functions.contains(&locked.version)
                && !describes_itself
                && (formats.knows(format) || format == PROTOBUF)
            {
                faults.push(SchemaFault::FunctionOnBinary {
                    event: event.name.clone(),
                    version: locked.version,
                    format: format.to_owned(),
                    place: entry.location.to_string(),
                });
            }
        }
    }
    faults
}

fn corpus_faults(
    lock: &SchemaLock,
    registry: &Registry,
    files: &SchemaLockFiles,
    found: &[SchemaFault],
) -> Vec<SchemaFault> {
    if registry.events().is_empty() {
        return Vec::new();
    }
    let corpus = match files.corpus.read() {
        Ok(corpus) => corpus,
        Err(error) => {
            return vec![SchemaFault::BrokenFile {
                file: files.shown(&error.path),
                reason: error.reason,
            }];
        }
    };
    // that its payloads cannot be read is the consequence of what was said already
    let blamed: BTreeSet<&str> = found
        .iter()
        .filter(|fault| !fault.can_be_accepted())
        .filter_map(event_of)
        .collect();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for file in corpus {
        let path = files.shown(&file.path);
        let samples = match file.samples {
            Ok(samples) => samples,
            Err(reason) => {
                faults.push(SchemaFault::BrokenFile { file: path, reason });
                continue;
            }
        };
        let locked = lock.event(&samples.event);
        let Some(entry) = registry.event(&samples.event) else {
            if locked.is_none() {
                faults.push(SchemaFault::Stray {
                    file: path,
                    event: samples.event,
                });
            }
            continue;
        };
        let retired = locked.is_some_and(|event| {
            event
                .versions
                .iter()
                .any(|version| version.retired && version.version == samples.version)
        });
        if !retired && !blamed.contains(samples.event.as_str()) {
            faults.extend(unreadable(entry, registry.formats(), &samples, &path));
        }
        seen.insert((samples.event, samples.version));
    }
    for event in lock.events() {
        let Some(entry) = registry.event(&event.name) else {
            continue;
        };
        for version in event.live() {
            if !seen.contains(&(event.name.clone(), version.version)) {
                faults.push(SchemaFault::NoPayload {
                    event: event.name.clone(),
                    version: version.version,
                    current: version.version == entry.version,
                });
            }
        }
    }
    faults
}

fn event_of(fault: &SchemaFault) -> Option<&str> {
    match fault {
        SchemaFault::Changed { event, .. }
        | SchemaFault::FunctionOnBinary { event, .. }
        | SchemaFault::NoUpcaster { event, .. }
        | SchemaFault::WentDown { event, .. } => Some(event),
        _ => None,
    }
}

/// The first payload of the file that cannot be read.
fn unreadable(
    entry: &EventEntry,
    formats: &Formats,
    samples: &StoredSamples,
    file: &str,
) -> Option<SchemaFault> {
    samples
        .payloads
        .iter()
        .zip(1..)
        .find_map(|(payload, number)| {
            let reason = match as_stored(samples, payload) {
                Ok(stored) => (entry.decode)(&stored, formats).err()?.fault.to_string(),
                Err(error) => error.to_string(),
            };
            Some(SchemaFault::Unreadable {
                file: file.to_owned(),
                number,
                event: samples.event.clone(),
                version: samples.version,
                reason,
            })
        })
}

fn as_stored(
    samples: &StoredSamples,
    payload: &[u8],
) -> Result<RecordedEvent, crate::id::InvalidName> {
    let stream = StreamId::of("Corpus", "1")?;
    Ok(RecordedEvent {
        id: EventId::new(),
        tenant: TenantId::default(),
        stream,
        version: 1,
        event_type: Arc::from(samples.event.as_str()),
        schema_version: samples.version,
        format: Format::from_name(&samples.format),
        payload: payload.to_vec().into(),
        metadata: Metadata::default(),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
    })
}

fn stored(files: &SchemaLockFiles, event: &str, version: u32) -> bool {
    files.corpus.read().is_ok_and(|found| {
        found
            .iter()
            .filter_map(|file| file.samples.as_ref().ok())
            .any(|samples| samples.event == event && samples.version == version)
    })
}

/// What this program writes for values made up from the shape.
fn made_up(entry: &EventEntry, formats: &Formats) -> Result<StoredSamples, String> {
    let mut refused = None;
    let mut written_in = formats.default_format();
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    for sample in samples(&entry.shape) {
        match (entry.rewrite)(sample.to_string().as_bytes(), formats) {
            Ok((format, payload)) if !payloads.contains(&payload) => {
                written_in = format;
                payloads.push(payload);
            }
            Ok(_) => {}
            Err(reason) => refused = Some(reason),
        }
    }
    if payloads.is_empty() {
        return Err(refused.unwrap_or_else(|| "it allows none".to_owned()));
    }
    Ok(StoredSamples {
        event: entry.name.to_owned(),
        version: entry.version,
        format: written_in.to_owned(),
        payloads,
    })
}

/// What `mink::schema_lock_test!()` makes: checks, or does what the variable `MINK_SCHEMA` asks for.
#[doc(hidden)]
#[derive(Debug)]
pub struct SchemaLockTest {
    root: PathBuf,
    registry: Option<Registry>,
    lock: PathBuf,
    default_format: Option<String>,
}

#[doc(hidden)]
impl SchemaLockTest {
    #[must_use]
    pub fn new(compiled_in: &str) -> Self {
        // a test that was built on one machine and runs on another is told where its package is
        let root = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(root) if !Path::new(compiled_in).is_dir() => PathBuf::from(root),
            _ => PathBuf::from(compiled_in),
        };
        Self {
            root,
            registry: None,
            lock: PathBuf::from("mink-schema.lock"),
            default_format: None,
        }
    }

    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    #[must_use]
    pub fn lock(mut self, lock: impl Into<PathBuf>) -> Self {
        self.lock = lock.into();
        self
    }

    #[must_use]
    pub fn default_format(mut self, format: impl Into<String>) -> Self {
        self.default_format = Some(format.into());
        self
    }

    /// # Panics
    /// When something is wrong.
    #[track_caller]
    pub fn run(self) {
        let asked = std::env::var("MINK_SCHEMA").unwrap_or_default();
        let in_ci = std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
        if let Err(text) = self.outcome(asked.trim(), in_ci) {
            panic!("{text}");
        }
    }

    fn outcome(self, asked: &str, in_ci: bool) -> Result<(), String> {
        let registry = self.registry.unwrap_or_else(Registry::linked);
        let configured = default_format::configured(&self.root)?;
        let registry = default_format::agreed(registry, self.default_format, configured)?;
        let files = SchemaLockFiles::new(self.root, self.lock);
        run(&registry, &files, asked, in_ci)
    }
}

/// Does what `asked` says, the value of the variable `MINK_SCHEMA`.
fn run(
    registry: &Registry,
    files: &SchemaLockFiles,
    asked: &str,
    in_ci: bool,
) -> Result<(), String> {
    let text = |faults: SchemaFaults| format!("{}\n{faults}", files.shown(&files.lock));
    let retire = asked.strip_prefix("retire ");
    if in_ci && (asked == "accept" || retire.is_some()) {
        return Err(format!(
            "MINK_SCHEMA={asked:?} writes `{}`, and the variable CI is set: what a lock takes is reviewed and committed by a person. Run it where CI is not set",
            files.shown(&files.lock)
        ));
    }
    match (asked, retire) {
        ("" | "check", _) => {}
        ("accept", _) => {
            accept_schema_lock(registry, files).map_err(text)?;
        }
        (_, Some(what)) => retire_in_schema_lock(registry, files, what.trim()).map_err(text)?,
        _ => {
            return Err(format!(
                "MINK_SCHEMA={asked:?} is not known: write `accept`, `retire EventName`, `retire \"EventName v1\"`, or leave it out to check"
            ));
        }
    }
    check_schema_lock(registry, files).map_err(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(asked: &str, in_ci: bool) -> String {
        let files = SchemaLockFiles::new("/nowhere", "shop.lock");
        let ended = run(&Registry::by_hand().build(), &files, asked, in_ci);
        ended.err().unwrap_or_default()
    }

    #[test]
    fn nothing_is_written_where_nobody_reviews_it() {
        for word in ["accept", "retire OrderNoted"] {
            assert!(asked(word, true).contains("the variable CI is set"));
            assert!(!asked(word, false).contains("the variable CI is set"));
        }
        assert!(!asked("", true).contains("the variable CI is set"));
    }

    #[test]
    fn a_word_that_is_not_known_is_said() {
        let text = asked("acept", false);
        assert!(
            text.contains("MINK_SCHEMA=\"acept\" is not known"),
            "{text}"
        );
    }

    #[test]
    fn the_corpus_stands_beside_the_lock() {
        let files = SchemaLockFiles::new("/shop", "tests/my.schema.lock");
        assert_eq!(files.lock(), Path::new("/shop/tests/my.schema.lock"));
        assert_eq!(
            files.corpus().directory(),
            Path::new("/shop/tests/my.schema-corpus")
        );
    }
}
