mod binaries;
mod user;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use self::binaries::Binaries;
use self::user::ServerUser;
use super::directory::OwnedDirectory;
use super::error::{Doing, ServiceError, last_lines, tail};
use super::process;

const SUPERUSER: &str = "mink";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// Another process may take a free port between the moment it is found and the moment the server binds it.
const PORT_TRIES: usize = 5;

/// How to start a [`Postgres`].
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    settings: Vec<(String, String)>,
    parent: PathBuf,
    install: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            settings: Vec::new(),
            parent: std::env::temp_dir(),
            install: true,
        }
    }
}

impl PostgresOptions {
    /// The server's own defaults: `fsync` and `synchronous_commit` are on, `max_connections` is 100.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a server setting, as in `setting("synchronous_commit", "off")`. The last one of a name wins.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Puts the cluster's directory under `parent` rather than under the system's temporary directory, which may be
    /// kept in memory. Every user must be able to pass through `parent` when the caller is root.
    #[must_use]
    pub fn under(mut self, parent: impl Into<PathBuf>) -> Self {
        self.parent = parent.into();
        self
    }

    /// Fails when PostgreSQL is missing, rather than installing it with apt when the caller is root.
    #[must_use]
    pub fn without_installing(mut self) -> Self {
        self.install = false;
        self
    }
}

/// A private PostgreSQL cluster on a free port of the loopback interface, with a password of its own.
///
/// Text sorts by the rules of `en-US` where the server knows them, so that a query that forgets `COLLATE "C"` where it
/// needs the order of bytes shows. When the caller is root the server runs as `postgres`, or else as `nobody`.
///
/// Dropping it stops the server and removes the data. The same happens, a moment later, when the process ends without
/// dropping it: by `exit`, by a signal, by SIGKILL.
#[derive(Debug)]
pub struct Postgres {
    binaries: Binaries,
    user: Option<ServerUser>,
    settings: Vec<(String, String)>,
    password: String,
    port: u16,
    server: Option<Child>,
    // Declared last: removed after the server, which `drop` stops.
    directory: OwnedDirectory,
}

impl Postgres {
    /// Makes a cluster and starts its server; returns when it accepts connections, after about a second.
    ///
    /// # Errors
    /// When PostgreSQL 15 or newer is neither installed nor installable, with what to type; when the server cannot be
    /// started, with the end of its log.
    pub fn start(options: PostgresOptions) -> Result<Self, ServiceError> {
        let binaries = Binaries::find_or_install(options.install)?;
        let user = ServerUser::for_this_process()?;
        let directory = OwnedDirectory::create(&options.parent)?;
        let mut postgres = Self {
            binaries,
            user,
            settings: options.settings,
            password: password()?,
            port: 0,
            server: None,
            directory,
        };
        postgres.init_cluster()?;
        postgres.start_on_a_free_port()?;
        Ok(postgres)
    }

    /// `postgres://user:password@127.0.0.1:port/postgres`, as a superuser.
    #[must_use]
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// The URL of another database of this server, which need not exist yet.
    #[must_use]
    pub fn database_url(&self, database: &str) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// The port on 127.0.0.1; the same after [`start_again`](Self::start_again).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's version, as `15.18`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.binaries.version
    }

    /// The directory that holds PostgreSQL's programs, such as `psql` and `pgbench`.
    #[must_use]
    pub fn bin_directory(&self) -> &Path {
        &self.binaries.directory
    }

    /// The cluster's data directory.
    #[must_use]
    pub fn data_directory(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The server's log; it goes when the cluster goes.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// The process id of the running server's first process, `None` when it is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Stops the server in order: open transactions are rolled back, a checkpoint is written. Does nothing when it is
    /// stopped.
    ///
    /// # Errors
    /// When it has not ended within a minute; it is killed then.
    pub fn stop_fast(&mut self) -> Result<(), ServiceError> {
        self.stop_by(Signal::INT)
    }

    /// Stops the server at once, as `pg_ctl stop -m immediate` does: no checkpoint, recovery at the next start. Does
    /// nothing when it is stopped.
    ///
    /// # Errors
    /// When it has not ended within a minute; it is killed then.
    pub fn stop_immediate(&mut self) -> Result<(), ServiceError> {
        self.stop_by(Signal::QUIT)
    }

    /// Kills every process of the server with SIGKILL, as one: the first process stands still while the others are
    /// found, so it can neither restart nor shut down a part of them. Returns when all are gone. Does nothing when it
    /// is stopped.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill9(&mut self) -> Result<(), ServiceError> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        let pid = server.id();
        let kill = |pid| process::signal(pid, Signal::KILL).doing(|| format!("kill process {pid}"));
        process::freeze(pid).doing(|| format!("freeze process {pid}"))?;
        let children = process::children_of(pid);
        kill(pid)?;
        for child in &children {
            kill(*child)?;
        }
        server.wait().doing(|| format!("wait for process {pid}"))?;
        let all_gone = || !children.iter().any(|child| process::is_running(*child));
        if process::wait_until(STOP_LIMIT, all_gone) {
            Ok(())
        } else {
            Err(self.too_slow("stopped", STOP_LIMIT))
        }
    }

    /// Starts the stopped or killed server on the same data and the same port; returns when it has recovered and
    /// accepts connections.
    ///
    /// # Errors
    /// When it runs already, or cannot be started.
    pub fn start_again(&mut self) -> Result<(), ServiceError> {
        if self.server.is_some() {
            return Err(ServiceError::WrongState {
                state: "running",
                advice: "stop or kill it before `start_again`",
            });
        }
        self.start_server()
    }

    fn init_cluster(&self) -> Result<(), ServiceError> {
        let data = self.data_directory();
        let secret = self.directory.path().join("password");
        fs::create_dir(&data).doing(|| format!("make {}", data.display()))?;
        fs::write(&secret, &self.password).doing(|| format!("write {}", secret.display()))?;
        restrict(&data, 0o700)?;
        restrict(&secret, 0o600)?;
        if let Some(user) = &self.user {
            for path in [&data, &secret] {
                std::os::unix::fs::chown(path, Some(user.uid), Some(user.gid))
                    .doing(|| format!("give {} to user {}", path.display(), user.name))?;
            }
        }
        // The client sends the password as it is, which on loopback costs nothing; SCRAM costs a debug build some
        // 100 ms per connection.
        let mut initdb = self.program("initdb");
        initdb
            .args(["--no-sync", "--no-instructions", "--auth=password"])
            .args(["--encoding=UTF8", "--locale=C", "--username", SUPERUSER])
            .arg("--pwfile")
            .arg(&secret)
            .arg("-D")
            .arg(&data);
        let mut by_language = self.program("initdb");
        by_language
            .args(initdb.get_args())
            .args(["--locale-provider=icu", "--icu-locale=en-US"]);
        let outcome = match run(&mut by_language) {
            Err(ServiceError::Failed { output, .. }) if output.contains("ICU is not supported") => {
                run(&mut initdb)
            }
            outcome => outcome,
        };
        fs::remove_file(&secret).doing(|| format!("remove {}", secret.display()))?;
        outcome
    }

    fn start_on_a_free_port(&mut self) -> Result<(), ServiceError> {
        let mut tries = 0;
        loop {
            self.port = free_port()?;
            tries += 1;
            match self.start_server() {
                Err(ServiceError::EndedEarly { tail, .. })
                    if tries < PORT_TRIES && tail.contains("Address already in use") => {}
                outcome => return outcome,
            }
        }
    }

    fn start_server(&mut self) -> Result<(), ServiceError> {
        let log = self.log();
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .doing(|| format!("open {}", log.display()))?;
        let copy = file
            .try_clone()
            .doing(|| format!("open {}", log.display()))?;
        let mut command = self.program("postgres");
        command
            .arg("-D")
            .arg(self.data_directory())
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories="])
            .args(["-c", &format!("port={}", self.port)]);
        for (name, value) in &self.settings {
            command.args(["-c", &format!("{name}={value}")]);
        }
        let server = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(copy)
            .spawn()
            .doing(|| format!("start {}", self.binaries.program("postgres").display()))?;
        let pid = server.id();
        let server = self.server.insert(server);
        let pid_file = self.directory.path().join("data/postmaster.pid");
        let mut ended = None;
        let ready = process::wait_until(START_LIMIT, || {
            ended = server.try_wait().ok().flatten();
            ended.is_some() || says_ready(&pid_file, pid)
        });
        if let Some(status) = ended {
            self.server = None;
            return Err(ServiceError::EndedEarly {
                status: status.to_string(),
                tail: tail(&log),
                log,
            });
        }
        if ready {
            return Ok(());
        }
        let error = self.too_slow("ready", START_LIMIT);
        self.kill9()?;
        Err(error)
    }

    fn stop_by(&mut self, signal: Signal) -> Result<(), ServiceError> {
        let Some(server) = self.server.as_mut() else {
            return Ok(());
        };
        let pid = server.id();
        process::signal(pid, signal).doing(|| format!("signal process {pid}"))?;
        let ended = process::wait_until(STOP_LIMIT, || !matches!(server.try_wait(), Ok(None)));
        if ended {
            self.server = None;
            return Ok(());
        }
        let error = self.too_slow("stopped", STOP_LIMIT);
        self.kill9()?;
        Err(error)
    }

    fn too_slow(&self, state: &'static str, waited: Duration) -> ServiceError {
        let log = self.log();
        ServiceError::TooSlow {
            state,
            waited,
            tail: tail(&log),
            log,
        }
    }

    /// One of PostgreSQL's programs, to run as the server's user, away from the terminal's Ctrl-C.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.program(name));
        command.current_dir("/").process_group(0);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.stop_immediate().is_err() {
            let _ = self.kill9();
        }
    }
}

fn run(command: &mut Command) -> Result<(), ServiceError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .doing(|| format!("run {name}"))?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(ServiceError::Failed {
        command: name,
        status: output.status.to_string(),
        output: last_lines(&said),
    })
}

/// The server writes its state into the eighth line of its lock file; the first holds its process id.
fn says_ready(pid_file: &Path, pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(pid_file) else {
        return false;
    };
    let mut lines = text.lines();
    lines.next().and_then(|line| line.trim().parse().ok()) == Some(pid)
        && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}

fn free_port() -> Result<u16, ServiceError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .doing(|| "find a free port on 127.0.0.1".into())
}

fn restrict(path: &Path, mode: u32) -> Result<(), ServiceError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .doing(|| format!("restrict {}", path.display()))
}

fn password() -> Result<String, ServiceError> {
    use std::io::Read;
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .doing(|| "read /dev/urandom".into())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
