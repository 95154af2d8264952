use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a service could not be started, stopped or killed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The server's programs are not on this machine, or only in a version that is too old.
    #[error("PostgreSQL {oldest} or newer is needed, found {found}.\n{advice}")]
    NotInstalled {
        /// The oldest major version that will do.
        oldest: u32,
        /// What was found instead.
        found: String,
        /// What to type.
        advice: String,
    },
    /// A program ended with a failure.
    #[error("`{command}` failed ({status}). It said:\n{output}")]
    Failed {
        /// What was run.
        command: String,
        /// How it ended.
        status: String,
        /// The end of its output.
        output: String,
    },
    /// The server ended while it was starting.
    #[error("PostgreSQL ended while starting ({status}). Its log {} ends:\n{tail}", log.display())]
    EndedEarly {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        tail: String,
    },
    /// The server did not do what was asked in time.
    #[error("PostgreSQL was not {state} after {} s. Its log {} ends:\n{tail}", waited.as_secs(), log.display())]
    TooSlow {
        /// `ready` or `stopped`.
        state: &'static str,
        /// How long it was waited for.
        waited: Duration,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        tail: String,
    },
    /// The server is in the wrong state for what was asked.
    #[error("PostgreSQL is {state}: {advice}")]
    WrongState {
        /// `running` or `stopped`.
        state: &'static str,
        /// What to call first.
        advice: &'static str,
    },
    /// The caller is root and no other user can run the server.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`: add one"
    )]
    NoUser,
    /// The operating system refused.
    #[error("could not {doing}: {source}")]
    Io {
        /// What was tried, with its object.
        doing: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

pub(super) trait Doing<T> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, ServiceError>;
}

impl<T, E: Into<std::io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, ServiceError> {
        self.map_err(|source| ServiceError::Io {
            doing: doing(),
            source: source.into(),
        })
    }
}

/// The last lines of a log, or why there are none.
pub(super) fn tail(log: &Path) -> String {
    match std::fs::read(log) {
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
        Err(error) => format!("(unreadable: {error})"),
    }
}

pub(super) fn last_lines(text: &str) -> String {
    const LINES: usize = 30;
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
