//! A server's directory, and the shell that removes it with its server once the owner is gone.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::error::{Doing, ServiceError};
use super::process;

const PREFIX: &str = "mink-postgres-";
const OWNER: &str = "owner";
const GUARDIAN: &str = include_str!("guardian.sh");

/// A directory that belongs to this process. Dropping it removes it; a process that ends without dropping, killed or
/// not, leaves that to the guardian.
#[derive(Debug)]
pub(super) struct OwnedDirectory {
    path: PathBuf,
    guardian: Child,
}

impl OwnedDirectory {
    /// Makes one under `parent`, after it removed those whose owner is dead.
    pub(super) fn create(parent: &Path) -> Result<Self, ServiceError> {
        let parent = fs::canonicalize(parent).doing(|| format!("find {}", parent.display()))?;
        remove_ownerless(&parent);
        let path = make_unique(&parent)?;
        fs::write(path.join(OWNER), std::process::id().to_string())
            .doing(|| format!("write the owner of {}", path.display()))?;
        let guardian = guard(&path, Stdio::piped())?;
        Ok(Self { path, guardian })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OwnedDirectory {
    fn drop(&mut self) {
        // The guardian takes the closed pipe for the owner's end, and does its work.
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}

fn make_unique(parent: &Path) -> Result<PathBuf, ServiceError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        // Others may pass through, which the server's own user must, but not list it.
        match DirBuilder::new().mode(0o711).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).doing(|| format!("make {}", path.display())),
        }
    }
}

/// Starts the shell that waits for the end of its input, then stops the server and removes the directory. Its own
/// process group keeps a Ctrl-C on the terminal from ending it first.
fn guard(path: &Path, stdin: Stdio) -> Result<Child, ServiceError> {
    Command::new("/bin/sh")
        .args(["-c", GUARDIAN, "mink-guardian"])
        .arg(path)
        .current_dir("/")
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .doing(|| "start /bin/sh".into())
}

/// Removes directories that carry our mark, belong to our user, and whose owner no longer runs. Best effort: what
/// cannot be removed now is tried again next time.
fn remove_ownerless(parent: &Path) {
    let user = rustix::process::geteuid().as_raw();
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes())
            && fs::symlink_metadata(entry.path()).is_ok_and(|of| of.is_dir() && of.uid() == user);
        let owner = fs::read_to_string(entry.path().join(OWNER))
            .ok()
            .and_then(|text| text.trim().parse::<u32>().ok());
        if is_ours
            && owner.is_some_and(|pid| !process::is_running(pid))
            && let Ok(mut guardian) = guard(&entry.path(), Stdio::null())
        {
            let _ = guardian.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("mink-xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        fs::canonicalize(path).unwrap()
    }

    #[test]
    fn dropping_a_directory_removes_it() {
        let parent = scratch("drop");
        let directory = OwnedDirectory::create(&parent).unwrap();
        let path = directory.path().to_owned();
        assert!(path.join(OWNER).exists());
        drop(directory);
        assert!(!path.exists());
        fs::remove_dir_all(parent).unwrap();
    }

    #[test]
    fn a_new_directory_removes_those_of_dead_owners_and_leaves_all_others() {
        let parent = scratch("stale");
        let mut dead = Command::new("true").spawn().unwrap();
        dead.wait().unwrap();
        let with_owner = |name: &str, owner: &str| {
            let path = parent.join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join(OWNER), owner).unwrap();
            path
        };
        let stale = with_owner("mink-postgres-1-0", &dead.id().to_string());
        let living = with_owner("mink-postgres-2-0", &std::process::id().to_string());
        let foreign = with_owner("someone-else", &dead.id().to_string());
        let unmarked = parent.join("mink-postgres-3-0");
        fs::create_dir(&unmarked).unwrap();

        let directory = OwnedDirectory::create(&parent).unwrap();

        assert!(!stale.exists());
        assert!(living.exists() && foreign.exists() && unmarked.exists());
        drop(directory);
        fs::remove_dir_all(parent).unwrap();
    }
}
