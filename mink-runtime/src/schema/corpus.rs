//! Stored payloads of every version that was released, kept for ever.

mod file;

use std::path::{Path, PathBuf};

pub use file::StoredSamples;

/// A directory with one file for each event and version, or more of them. Each says itself what it holds, so the
/// files' names do not matter: stored payloads from elsewhere can be put beside those that were made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    directory: PathBuf,
}

/// One file of a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorpusFile {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it, or what is wrong with it.
    pub samples: Result<StoredSamples, String>,
}

/// The file system refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {reason}", path.display())]
pub struct CorpusError {
    /// The file or directory.
    pub path: PathBuf,
    /// What it says.
    pub reason: String,
}

impl Corpus {
    /// The corpus in this directory, which need not exist yet.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every `.json` file in it, by name. A directory that does not exist holds none.
    ///
    /// # Errors
    /// [`CorpusError`] when the directory or a file cannot be read. A file that can be read and holds something else is
    /// among the files, with what is wrong.
    pub fn read(&self) -> Result<Vec<CorpusFile>, CorpusError> {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(&self.directory, &error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| io(&self.directory, &error))?.path();
            if path.extension().is_some_and(|found| found == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        paths
            .into_iter()
            .map(|path| {
                let bytes = std::fs::read(&path).map_err(|error| io(&path, &error))?;
                Ok(CorpusFile {
                    samples: StoredSamples::parse(&bytes),
                    path,
                })
            })
            .collect()
    }

    /// Adds a file with these payloads, unless one has all of them already. No file is ever changed. The new file.
    ///
    /// # Errors
    /// [`CorpusError`].
    pub fn add(&self, samples: &StoredSamples) -> Result<Option<PathBuf>, CorpusError> {
        let files = self.read()?;
        let known = files.iter().any(|file| {
            file.samples.as_ref().is_ok_and(|found| {
                found.event == samples.event
                    && found.version == samples.version
                    && found.format == samples.format
                    && samples
                        .payloads
                        .iter()
                        .all(|payload| found.payloads.contains(payload))
            })
        });
        if known {
            return Ok(None);
        }
        // some file systems take `Order.json` and `order.json` for one
        let taken: Vec<String> = files
            .iter()
            .filter_map(|file| file.path.file_name())
            .map(|name| name.to_string_lossy().to_lowercase())
            .collect();
        let path = (1_u32..)
            .map(|number| file::name(&samples.event, samples.version, number))
            .find(|name| !taken.contains(&name.to_lowercase()))
            .map(|name| self.directory.join(name))
            .unwrap_or_else(|| self.directory.clone());
        super::lock::replace(&path, samples.to_string().as_bytes())
            .map_err(|error| io(&path, &error))?;
        Ok(Some(path))
    }
}

fn io(path: &Path, error: &std::io::Error) -> CorpusError {
    CorpusError {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
