//! The parent: starts appenders, kills them or their server, and judges the store.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use mink_runtime::storage::open;
use xtask::services::Postgres;

use super::ledger::{Fate, Ledger, Line};
use super::verify::{Verdict, judge, read_feed};
use crate::store::table;

/// How long a store may take to give its first answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which store is crashed.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its URL.
    pub url: String,
    /// Opens SQLite with durability off.
    pub no_sync: bool,
}

impl Target {
    /// The store at `url`, as durable as it is by default.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            no_sync: false,
        }
    }
}

/// An appending child process. Killed when it is dropped.
#[derive(Debug)]
pub struct Appender {
    child: Child,
    // held open: the child ends when it closes, and waiting for a child closes what it still holds
    _stdin: Option<ChildStdin>,
    ledger: Arc<Mutex<Ledger>>,
    acknowledged: Arc<AtomicU64>,
    reader: Option<JoinHandle<()>>,
}

impl Appender {
    /// Starts `program appender` on the store.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        program: &std::path::Path,
        target: &Target,
        seed: u64,
        tasks: usize,
        commits: Option<u64>,
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["appender", "--url", &target.url]).args([
            "--seed",
            &seed.to_string(),
            "--tasks",
            &tasks.to_string(),
        ]);
        if let Some(commits) = commits {
            command.args(["--commits", &commits.to_string()]);
        }
        if target.no_sync {
            command.arg("--no-sync");
        }
        Self::spawn(command)
    }

    /// Starts a command that is, or wraps, an appender.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {:?}", command.get_program()))?;
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let pipe = child.stdout.take().context("the child has no pipe")?;
        let reader = std::thread::spawn({
            let (ledger, acknowledged) = (Arc::clone(&ledger), Arc::clone(&acknowledged));
            move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    let Some(line) = Line::decode(&line) else {
                        continue;
                    };
                    let is_ok = matches!(line, Line::Answered(_, Fate::Acknowledged(_), _));
                    ledger
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .note(line);
                    if is_ok {
                        acknowledged.fetch_add(1, Ordering::Release);
                    }
                }
            }
        });
        Ok(Self {
            _stdin: child.stdin.take(),
            child,
            ledger,
            acknowledged,
            reader: Some(reader),
        })
    }

    /// How many commits it was answered `Ok`.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Acquire)
    }

    /// How many commits it announced and has not been answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count(|fate| fate == Fate::InFlight)
    }

    /// Waits until it was answered `Ok` so many times.
    ///
    /// # Errors
    /// When it ended before, or takes too long.
    pub fn wait_for_acknowledged(&mut self, count: u64) -> Result<()> {
        let began = Instant::now();
        while self.acknowledged() < count {
            if let Some(status) = self.child.try_wait()? {
                if self.acknowledged() >= count {
                    break;
                }
                bail!("the appender ended by itself: {status}");
            }
            if began.elapsed() > PATIENCE {
                let got = self.acknowledged();
                bail!("{got} of {count} commits were answered in {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// Waits for its end, for an appender that has a number of commits to do.
    ///
    /// # Errors
    /// When it fails.
    pub fn finish(mut self) -> Result<Ledger> {
        let status = self.child.wait()?;
        let ledger = self.drain();
        if !status.success() {
            bail!("the appender failed: {status}; {:?}", ledger.refusals());
        }
        Ok(ledger)
    }

    /// Kills it with SIGKILL and gives all that it said.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(mut self) -> Result<Ledger> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(self.drain())
    }

    fn drain(&mut self) -> Ledger {
        if let Some(reader) = self.reader.take() {
            // it ends with the pipe, which ends with the child
            let _ = reader.join();
        }
        std::mem::take(&mut *self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a series of crashes came to.
#[derive(Debug, Default)]
pub struct CrashReport {
    /// How many times something was killed.
    pub kills: u32,
    /// How many of the kills found a commit announced and not answered.
    pub kills_in_flight: u32,
    /// How many commits were in flight, over all kills.
    pub in_flight: usize,
    /// How many commits were acknowledged.
    pub acknowledged: usize,
    /// What the store holds after the last one.
    pub verdict: Verdict,
    /// Every fault found after any of the kills.
    pub faults: Vec<String>,
    /// Why commits were refused, each reason once.
    pub refusals: Vec<String>,
}

impl std::fmt::Display for CrashReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "kills={} in_flight_kills={} in_flight_commits={} acknowledged={} events={} unanswered_present={} unanswered_absent={} faults={}",
            self.kills,
            self.kills_in_flight,
            self.in_flight,
            self.acknowledged,
            self.verdict.events,
            self.verdict.unanswered_present,
            self.verdict.unanswered_absent,
            self.faults.len()
        )
    }
}

/// A series of crashes of one store, which is judged after each.
#[derive(Debug)]
pub struct Crashes {
    target: Target,
    program: PathBuf,
    tasks: usize,
    rng: Rng,
    ledger: Ledger,
    report: CrashReport,
}

impl Crashes {
    /// Crashes of the store by children of `program`, which has the command `appender`.
    #[must_use]
    pub fn new(target: Target, program: PathBuf, seed: u64) -> Self {
        Self {
            target,
            program,
            tasks: 8,
            rng: Rng::with_seed(seed),
            ledger: Ledger::default(),
            report: CrashReport::default(),
        }
    }

    /// Kills an appender at a random moment: mostly amid its commits, at times while it starts.
    ///
    /// # Errors
    /// When the appender cannot be run, or the store not be opened afterwards.
    pub async fn kill_appender(&mut self) -> Result<()> {
        let mut appender = self.start()?;
        if self.report.kills > 0 && self.rng.u8(0..20) == 0 {
            std::thread::sleep(Duration::from_micros(self.rng.u64(0..50_000)));
        } else {
            appender.wait_for_acknowledged(self.rng.u64(1..60))?;
            std::thread::sleep(Duration::from_micros(self.rng.u64(0..20_000)));
        }
        self.judge_after(appender.kill()?).await
    }

    /// Kills the server at a random moment while an appender works, starts it again, sees the appender go on, and
    /// kills that too.
    ///
    /// # Errors
    /// When the server cannot be killed or started, or the appender does not go on.
    pub async fn kill_server(&mut self, server: &mut Postgres, how: ServerCrash) -> Result<()> {
        let mut appender = self.start()?;
        appender.wait_for_acknowledged(self.rng.u64(1..60))?;
        std::thread::sleep(Duration::from_micros(self.rng.u64(0..20_000)));
        match how {
            ServerCrash::Kill9 => server.kill9()?,
            ServerCrash::Immediate => server.stop_immediate()?,
        }
        let in_flight = appender.in_flight();
        self.report.in_flight += in_flight;
        self.report.kills_in_flight += u32::from(in_flight > 0);
        self.report.kills += 1;
        server.start_again()?;
        appender.wait_for_acknowledged(appender.acknowledged() + 20)?;
        self.judge_after(appender.kill()?).await
    }

    /// What it came to.
    #[must_use]
    pub fn finish(mut self) -> CrashReport {
        self.report.acknowledged = self.ledger.acknowledged();
        self.report.refusals = self.ledger.refusals().to_vec();
        self.report.refusals.sort();
        self.report.refusals.dedup();
        self.report
    }

    fn start(&mut self) -> Result<Appender> {
        let seed = self.rng.u64(..);
        Appender::start(&self.program, &self.target, seed, self.tasks, None)
    }

    async fn judge_after(&mut self, ledger: Ledger) -> Result<()> {
        let in_flight = ledger.count(|fate| fate == Fate::InFlight);
        self.report.in_flight += in_flight;
        self.report.kills_in_flight += u32::from(in_flight > 0);
        self.report.kills += 1;
        self.ledger.absorb(ledger);
        let store = open(&self.target.url)
            .await
            .context("opening the store after the crash")?;
        let feed = read_feed(store.as_ref()).await?;
        store.close().await;
        let verdict = judge(&feed, table(&self.target.url).await?, &self.ledger);
        let kill = self.report.kills;
        let faults = verdict.faults.iter();
        self.report
            .faults
            .extend(faults.map(|fault| format!("after kill {kill}: {fault}")));
        self.report.verdict = verdict;
        Ok(())
    }
}

/// How a server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerCrash {
    /// SIGKILL to all its processes at once.
    Kill9,
    /// As `pg_ctl stop -m immediate`.
    Immediate,
}
