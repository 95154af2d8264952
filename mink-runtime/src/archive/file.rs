use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Archive, ArchiveError, ArchivePart};
use crate::id::{StreamId, TenantId};

/// The most characters of a tenant's or stream's name that are shown in that of its directory.
const SHOWN: usize = 40;
/// What the names of files that are whole end in.
const WHOLE: &str = ".jsonl";
/// What the names of files that are being written end in.
const UNFINISHED: &str = ".tmp";

/// An archive in a directory: a directory for each tenant, in it one for each stream, in it a file for each part.
///
/// A directory is named by a hash of the whole name, behind the letters and digits of it: no name of a tenant or stream
/// leads elsewhere, is too long, or meets another on a file system that knows no capitals. A file is written beside its
/// name, flushed, renamed, and its directory flushed. What a killed process left unfinished, ending in `.tmp`, counts for
/// nothing and goes when the stream is archived again.
///
/// Any number of handles and processes may use one directory.
#[derive(Debug, Clone)]
pub struct FileArchive {
    root: PathBuf,
}

impl FileArchive {
    /// The archive in this directory, which is made when something is put there and it does not exist.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            root: directory.into(),
        }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.root
    }

    fn directory_of(&self, tenant: &TenantId, stream: &StreamId) -> PathBuf {
        self.root
            .join(safe_name(tenant.as_str()))
            .join(safe_name(stream.as_str()))
    }

    fn path(&self, part: &ArchivePart) -> PathBuf {
        self.directory_of(&part.tenant, &part.stream)
            .join(format!("{:020}-{:020}{WHOLE}", part.first, part.last))
    }
}

impl Archive for FileArchive {
    fn place(&self, part: &ArchivePart) -> String {
        self.path(part).display().to_string()
    }

    fn parts<'a>(
        &'a self,
        tenant: &'a TenantId,
        stream: &'a StreamId,
    ) -> BoxFuture<'a, Result<Vec<ArchivePart>, ArchiveError>> {
        let directory = self.directory_of(tenant, stream);
        async move {
            let ranges = on_disk("list", directory, |directory| {
                let mut ranges = Vec::new();
                for entry in unless_missing(fs::read_dir(directory))?
                    .into_iter()
                    .flatten()
                {
                    ranges.extend(entry?.file_name().to_str().and_then(range));
                }
                Ok(ranges)
            })
            .await?;
            let part = |(first, last)| ArchivePart {
                tenant: tenant.clone(),
                stream: stream.clone(),
                first,
                last,
            };
            Ok(ranges.into_iter().map(part).collect())
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        part: &'a ArchivePart,
        content: Bytes,
    ) -> BoxFuture<'a, Result<(), ArchiveError>> {
        let root = self.root.clone();
        on_disk("write", self.path(part), move |path| {
            write(&root, path, &content)
        })
        .boxed()
    }

    fn get<'a>(
        &'a self,
        part: &'a ArchivePart,
    ) -> BoxFuture<'a, Result<Option<Bytes>, ArchiveError>> {
        on_disk("read", self.path(part), |path| {
            Ok(unless_missing(fs::read(path))?.map(Bytes::from))
        })
        .boxed()
    }

    fn remove<'a>(&'a self, part: &'a ArchivePart) -> BoxFuture<'a, Result<bool, ArchiveError>> {
        on_disk("remove", self.path(part), |path| {
            let removed = unless_missing(fs::remove_file(path))?.is_some();
            if let (true, Some(directory)) = (removed, path.parent()) {
                flush_directory(directory)?;
            }
            Ok(removed)
        })
        .boxed()
    }
}

/// Does something with a file where waiting for the disk holds up nothing else.
async fn on_disk<T: Send + 'static>(
    action: &'static str,
    path: PathBuf,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, ArchiveError> {
    let place = path.display().to_string();
    let done = tokio::task::spawn_blocking(move || work(&path)).await;
    done.unwrap_or_else(|ended| Err(io::Error::other(ended)))
        .map_err(|error| ArchiveError::Failed {
            action,
            place,
            reason: Arc::new(error),
        })
}

fn write(root: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let nowhere = || io::Error::other("the path has no directory");
    let directory = path.parent().ok_or_else(nowhere)?;
    fs::create_dir_all(directory)?;
    remove_unfinished(directory)?;
    let beside = directory.join(format!("{}{UNFINISHED}", Uuid::now_v7()));
    let written = write_beside(&beside, content).and_then(|locked| {
        fs::rename(&beside, path)?;
        drop(locked);
        // the entries of the file, and of the directories above it that may be new
        for above in directory.ancestors() {
            flush_directory(above)?;
            if above == root {
                break;
            }
        }
        flush_above(root)
    });
    if written.is_err() {
        fs::remove_file(&beside).ok();
    }
    written
}

/// The file is locked as long as its process lives, so that another one can tell what was left behind.
fn write_beside(beside: &Path, content: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(beside)?;
    file.lock()?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(file)
}

/// Removes what processes that are gone left behind.
fn remove_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let unfinished = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.ends_with(UNFINISHED));
        if unfinished
            && let Some(file) = unless_missing(File::open(&path))?
            && file.try_lock().is_ok()
        {
            unless_missing(fs::remove_file(&path))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn flush_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Flushes the entry of the root, whose directory may not be ours to open: then whoever made the root saw to it.
fn flush_above(root: &Path) -> io::Result<()> {
    let above = match root.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => return Ok(()),
    };
    match flush_directory(above) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        flushed => flushed,
    }
}

/// Elsewhere a directory cannot be opened to be flushed; a rename is durable when its file system says so.
#[cfg(not(unix))]
fn flush_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

fn unless_missing<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn range(name: &str) -> Option<(u64, u64)> {
    let (first, last) = name.strip_suffix(WHOLE)?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// A name that every file system takes, and no two that it takes for one.
fn safe_name(name: &str) -> String {
    let shown: String = name
        .chars()
        .take(SHOWN)
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            _ => '_',
        })
        .collect();
    format!("{shown}-{:x}", Sha256::digest(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_elsewhere_or_meets_another() {
        let long = "x".repeat(StreamId::MAX_BYTES);
        let names = [
            "",
            "a",
            "A",
            "..",
            "../../etc",
            "/",
            "con",
            "a/b",
            "a\\b",
            "a:b",
            "é",
            "e\u{301}",
            "𝄞",
            "a.",
            "a ",
            &long,
            &long[1..],
        ];
        let mut seen = std::collections::HashSet::new();
        for name in names {
            let safe = safe_name(name);
            assert!(safe.len() <= 110, "{safe}");
            let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
            assert!(safe.chars().all(plain), "{safe}");
            assert!(seen.insert(safe), "{name}");
        }
    }
}
