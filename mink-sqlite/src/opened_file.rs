//! Whether the file that was opened is still the one of that name.
//!
//! **Problem.** A file that is deleted, moved or replaced while it is open goes on to be written, and nobody who opens the
//! name again finds what was committed. **Mechanism.** What the file system calls the file is remembered, and looked at
//! again before every commit. **Cost.** One `stat`. Where the file system gives a file no number, nothing is seen.

use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub(crate) struct OpenedFile {
    path: PathBuf,
    number: Option<Number>,
}

/// Device and inode.
type Number = (u64, u64);

impl OpenedFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            number: number(path),
        }
    }

    /// Why nothing more may be written to it, when that is so.
    pub(crate) fn gone(&self) -> Option<String> {
        (self.number.is_some() && number(&self.path) != self.number).then(|| {
            format!(
                "`{}` was deleted, moved or replaced while it was open: what is committed would not be found again; put it back, or open the store again",
                self.path.display()
            )
        })
    }
}

#[cfg(unix)]
fn number(path: &Path) -> Option<Number> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn number(_path: &Path) -> Option<Number> {
    None
}
