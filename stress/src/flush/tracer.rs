//! Runs `strace`, and installs it where that is possible.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Why a trace could not be made.
#[derive(Debug)]
pub enum TracerError {
    /// `strace` is missing and could not be installed.
    NotInstalled(String),
    /// The operating system does not let us trace.
    Refused(String),
    /// The operating system refused something else.
    Io(std::io::Error),
}

impl std::fmt::Display for TracerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotInstalled(why) => write!(
                f,
                "strace is needed and could not be installed: run `apt-get install strace` ({why})"
            ),
            Self::Refused(why) => write!(
                f,
                "strace may not trace: run as root, or set kernel.yama.ptrace_scope to 0 ({why})"
            ),
            Self::Io(error) => write!(f, "could not run strace: {error}"),
        }
    }
}

impl std::error::Error for TracerError {}

impl From<std::io::Error> for TracerError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Makes sure that `strace` is there: installs it with apt when it is not, which takes root.
///
/// # Errors
/// [`TracerError::NotInstalled`] with what apt said.
pub fn strace() -> Result<(), TracerError> {
    static FOUND: OnceLock<Result<(), String>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let works = || {
                let status = Command::new("strace")
                    .arg("-V")
                    .stdout(Stdio::null())
                    .status();
                status.is_ok_and(|status| status.success())
            };
            if works() {
                return Ok(());
            }
            let mut said = String::new();
            for arguments in [
                ["update", "--quiet"].as_slice(),
                &["install", "--yes", "--no-install-recommends", "strace"],
            ] {
                let ran = Command::new("apt-get")
                    .args(arguments)
                    .env("DEBIAN_FRONTEND", "noninteractive")
                    .stdin(Stdio::null())
                    .output();
                said = match ran {
                    Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                    Err(error) => error.to_string(),
                };
            }
            if works() { Ok(()) } else { Err(said) }
        })
        .clone()
        .map_err(TracerError::NotInstalled)
}

/// A running `strace` that is attached to a process and its children to come. Detaches when it is dropped.
#[derive(Debug)]
pub struct Tracer {
    child: Child,
    output: PathBuf,
}

/// What is traced: the calls that [`parse`](super::parse) reads, with times, and with content long enough for a page
/// of any store's log with every byte escaped.
#[must_use]
pub fn arguments(output: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = ["-f", "-ttt", "-T", "-y", "-s", "1100000"]
        .map(str::to_owned)
        .to_vec();
    arguments.extend([
        "-e".into(),
        "trace=write,pwrite64,writev,pwritev,fsync,fdatasync".into(),
        "-e".into(),
        "signal=none".into(),
        "-o".into(),
        output.display().to_string(),
    ]);
    arguments
}

impl Tracer {
    /// Attaches to a process and its children, and returns once they are traced.
    ///
    /// # Errors
    /// [`TracerError::Refused`] when the operating system does not allow it.
    pub fn attach(pid: u32, output: &Path) -> Result<Self, TracerError> {
        Self::attach_with(pid, &arguments(output), output)
    }

    /// Attaches with arguments of the caller's own, which name `output` as the file that strace writes.
    ///
    /// # Errors
    /// [`TracerError::Refused`] when the operating system does not allow it.
    pub fn attach_with(pid: u32, arguments: &[String], output: &Path) -> Result<Self, TracerError> {
        strace()?;
        // strace follows children to come by itself; those that live already are named
        let living = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let mut pids = vec![pid.to_string()];
        pids.extend(living.split_ascii_whitespace().map(str::to_owned));
        let mut command = Command::new("strace");
        command.args(arguments);
        for pid in &pids {
            command.args(["-p", pid]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        // it says `strace: Process N attached` for every process and thread that it takes over
        let mut said = String::new();
        if let Some(stderr) = child.stderr.take() {
            let mut stderr = BufReader::new(stderr);
            // a child may have ended meanwhile, which it says too: `strace: attach: ptrace(...): No such process`
            let is_told = |line: &&str| line.contains(" attached") || line.contains("attach: ");
            let all = |said: &str| said.lines().filter(is_told).count() >= pids.len();
            while !all(&said) && stderr.read_line(&mut said)? > 0 {}
            std::thread::spawn(move || {
                std::io::copy(&mut stderr, &mut std::io::sink()).ok();
            });
        }
        let tracer = Self {
            child,
            output: output.to_owned(),
        };
        if said.contains(" attached") {
            Ok(tracer)
        } else {
            Err(TracerError::Refused(said.trim().to_owned()))
        }
    }

    /// Detaches and gives the trace.
    ///
    /// # Errors
    /// When the trace cannot be read.
    pub fn finish(mut self) -> Result<String, TracerError> {
        self.detach();
        Ok(String::from_utf8_lossy(&fs::read(&self.output)?).into_owned())
    }

    fn detach(&mut self) {
        // SIGINT lets strace detach; after SIGKILL the kernel would detach without the end of the trace
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.detach();
        }
    }
}
