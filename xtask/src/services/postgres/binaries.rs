use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::services::error::{Doing, ServiceError};

const OLDEST: u32 = 15;
const CLUSTER_DEFAULTS: &str = "/etc/postgresql-common/createcluster.conf";

/// Where PostgreSQL's programs are.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    pub(super) directory: PathBuf,
    pub(super) version: String,
    major: u32,
}

impl Binaries {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The newest that is installed and new enough; else what apt installs, when that is allowed and possible.
    pub(super) fn find_or_install(install: bool) -> Result<Self, ServiceError> {
        match Self::find() {
            Err(_) if install && can_install() => {
                install_with_apt()?;
                Self::find()
            }
            found => found,
        }
    }

    fn find() -> Result<Self, ServiceError> {
        let newest = places()
            .iter()
            .filter_map(|place| Self::at(place))
            .max_by_key(|found| found.major);
        match newest {
            Some(found) if found.major >= OLDEST => Ok(found),
            older => Err(ServiceError::NotInstalled {
                oldest: OLDEST,
                found: older.map_or_else(
                    || "none".into(),
                    |older| format!("{} in {}", older.version, older.directory.display()),
                ),
                advice: advice(),
            }),
        }
    }

    fn at(directory: &Path) -> Option<Self> {
        // A link in PATH leads to the directory that has the other programs beside it.
        let initdb = fs::canonicalize(directory.join("initdb")).ok()?;
        let directory = initdb.parent()?.to_owned();
        let said = stdout_of(&directory.join("postgres"), "--version")?;
        let version = version_in(&said)?.to_owned();
        Some(Self {
            directory,
            major: major_of(&version)?,
            version,
        })
    }
}

/// Every directory that may hold the server's programs. Debian keeps them out of `PATH`, a directory per version. Of
/// equals the last is taken.
fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(stdout_of(Path::new("pg_config"), "--bindir").map(|said| said.trim().into()));
    for (root, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
    ] {
        let versions = fs::read_dir(root).into_iter().flatten().flatten();
        places.extend(
            versions
                .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
                .map(|entry| entry.path().join("bin")),
        );
    }
    places
}

fn stdout_of(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `15.18` in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version_in(said: &str) -> Option<&str> {
    said.split_once("(PostgreSQL) ")?
        .1
        .split_whitespace()
        .next()
}

/// `15` in `15.18`, `19` in `19devel`.
fn major_of(version: &str) -> Option<u32> {
    let digits = version.find(|c: char| !c.is_ascii_digit());
    version[..digits.unwrap_or(version.len())].parse().ok()
}

fn can_install() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists()
}

fn advice() -> String {
    let by_hand = if Path::new("/usr/bin/apt-get").exists() {
        "Type: sudo apt-get update && sudo apt-get install --no-install-recommends postgresql\n\
         A release whose own PostgreSQL is older gets a newer one after: \
         sudo apt-get install postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh"
    } else if cfg!(target_os = "macos") {
        "Type: brew install postgresql@17"
    } else {
        "Install it, and put the directory that holds `initdb` into PATH."
    };
    format!(
        "{by_hand}\nOr set {} to a server that is there.",
        crate::services::POSTGRES_URL_VARIABLE
    )
}

/// Debian's package makes and starts a cluster of its own, on port 5432, unless its defaults say otherwise.
fn install_with_apt() -> Result<(), ServiceError> {
    let defaults = Path::new(CLUSTER_DEFAULTS);
    if !defaults.exists() {
        fs::create_dir_all("/etc/postgresql-common")
            .and_then(|()| fs::write(defaults, "create_main_cluster = false\n"))
            .doing(|| format!("write {CLUSTER_DEFAULTS}"))?;
    }
    apt_get(&["update"])?;
    apt_get(&[
        "install",
        "--yes",
        "--no-install-recommends",
        "--option=Dpkg::Options::=--force-confold",
        "postgresql",
    ])
}

fn apt_get(arguments: &[&str]) -> Result<(), ServiceError> {
    let command = format!("apt-get {}", arguments.join(" "));
    eprintln!("PostgreSQL is missing: {command}");
    let output = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("UCF_FORCE_CONFFOLD", "1")
        .stdin(Stdio::null())
        .output()
        .doing(|| format!("run {command}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(ServiceError::Failed {
        command,
        status: output.status.to_string(),
        output: crate::services::error::last_lines(&String::from_utf8_lossy(&output.stderr)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_the_server_says() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(version_in(debian), Some("15.18"));
        assert_eq!(
            version_in("postgres (PostgreSQL) 19devel\n"),
            Some("19devel")
        );
        assert_eq!(version_in("something else"), None);
    }

    #[test]
    fn the_major_version_is_the_leading_number() {
        assert_eq!(major_of("15.18"), Some(15));
        assert_eq!(major_of("19devel"), Some(19));
        assert_eq!(major_of("devel"), None);
    }
}
