//! One run: writers, disturbances and readers on one database, and what came of it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use mink_postgres::PostgresStore;
use mink_runtime::storage::Storage;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;
use xtask::services::Postgres;

use super::checker::{FeedChecker, FeedFaults};
use super::disturb::{Children, Tally, hold, rival, terminate};
use super::reader::{Calls, Reader, Seen};
use super::record::Record;
use super::writers::{BUSINESS, Counts, Desk};
use crate::crash::{Fate, Ledger};
use crate::store::table;

/// How long a reader may take to go on after the server is back.
const RESUME: Duration = Duration::from_secs(5);

/// What a run does.
#[derive(Debug, Clone)]
pub struct FeedRun {
    /// How many events to write, at least.
    pub events: usize,
    /// Decides what is written and when things happen.
    pub seed: u64,
    /// The program whose command `writer` the child processes run.
    pub program: PathBuf,
    /// Writers of each kind in this process.
    pub writers: Counts,
    /// How many writer processes.
    pub children: usize,
    /// How many ledgers all writers share.
    pub shared: usize,
    /// About how often a backend is terminated.
    pub terminate_every: Duration,
    /// Gives up when the events are not written by then.
    pub patience: Duration,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct FeedReport {
    /// Committed events.
    pub events: usize,
    /// What the checker found.
    pub faults: FeedFaults,
    /// Acknowledged commits of which not every event was delivered.
    pub lost: usize,
    /// Commits whose writers were told that nothing was written, and that are there.
    pub risen: usize,
    /// Transactions of the writers' own in which events and business row are not there together.
    pub torn: usize,
    /// The longest time from an acknowledgement to the delivery to a reader, in milliseconds, the restart apart.
    pub max_lag_ms: u64,
    /// The 99th percentile of these times.
    pub p99_lag_ms: u64,
    /// How long after the restart each reader was delivered something, in milliseconds; empty without a restart.
    pub resumed_ms: Vec<u64>,
    /// Sentences about how the run went.
    pub told: Vec<String>,
}

impl FeedReport {
    /// Everything that must be zero, or quick, and is not.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !self.faults.is_none() {
            wrong.push(format!("{:?}", self.faults));
        }
        for (count, what) in [
            (self.lost, "acknowledged commits are not in the feed"),
            (self.risen, "refused commits are in the feed"),
            (self.torn, "transactions lack their events or their row"),
        ] {
            if count > 0 {
                wrong.push(format!("{count} {what}"));
            }
        }
        let limit = u64::try_from(RESUME.as_millis()).unwrap_or(u64::MAX);
        if self.resumed_ms.iter().any(|ms| *ms > limit) {
            wrong.push(format!(
                "readers resumed {:?} ms after the restart, the limit is {limit} ms",
                self.resumed_ms
            ));
        }
        wrong
    }

    /// `feed: events=N missed=0 duplicates=0 inversions=0 gaps=0 max_lag_ms=N`.
    #[must_use]
    pub fn line(&self) -> String {
        let FeedFaults {
            missed,
            duplicates,
            inversions,
            gaps,
            ..
        } = self.faults;
        format!(
            "feed: events={} missed={missed} duplicates={duplicates} inversions={inversions} gaps={gaps} max_lag_ms={}",
            self.events, self.max_lag_ms
        )
    }
}

/// The time during which the server was away, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Outage {
    began: i64,
    ended: i64,
}

fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

impl FeedRun {
    /// Runs on an empty database. `server` is restarted in the middle; without it nothing is.
    ///
    /// # Errors
    /// When the run itself could not be done; what the feed did wrong is in the report.
    pub async fn run(&self, url: &str, server: Option<&mut Postgres>) -> Result<FeedReport> {
        let mut rng = Rng::with_seed(self.seed);
        let store = PostgresStore::open(url).await?;
        let pool = own_pool(url, self.writers.in_own + self.writers.late).await?;
        sqlx::query(BUSINESS).execute(&pool).await?;

        let mut readers = vec![Reader::start(Arc::new(store.clone()), rng.fork())];
        for _ in 0..3 {
            let other: Arc<dyn Storage> = Arc::new(PostgresStore::open(url).await?);
            readers.push(Reader::start(other, rng.fork()));
        }
        let record = Record::default();
        let tally = Arc::new(Tally::default());
        let mut disturbances = self.disturb(url, &store, &mut rng, &tally).await?;

        let began = Instant::now();
        let desk = Desk::new(store.clone(), pool.clone(), record.clone(), self.shared).await?;
        let writers = desk.start(&mut rng, "main", self.writers);
        let (stop_killing, stopped) = watch::channel(false);
        let terminator = tokio::spawn(terminate(
            url.to_owned(),
            rng.fork(),
            self.terminate_every,
            Arc::clone(&tally),
            stopped.clone(),
        ));
        let children = Children::new(&self.program, url, record.clone(), Arc::clone(&tally)).start(
            &mut rng,
            self.children,
            &stopped,
        );

        let mut told = Vec::new();
        let outage = match server {
            Some(server) => {
                self.wait_for(&readers[0], self.events / 2).await?;
                let (outage, how) = restart(server, &mut rng)?;
                told.push(format!(
                    "server {how} in the middle, away for {} ms",
                    (outage.ended - outage.began) / 1000
                ));
                Some(outage)
            }
            None => None,
        };
        self.wait_for(&readers[0], self.events).await?;
        desk.stop();
        stop_killing.send_replace(true);
        join(writers).await?;
        for child in join(children).await? {
            child?;
        }
        terminator
            .await
            .context("the terminator of backends panicked")?;
        let wrote = began.elapsed();

        // the old transactions are still open: a feed that waits for them would not get to its end
        let committed = table(url).await.context("reading what was committed")?;
        follow_to(&readers, committed.len()).await;
        disturbances.abort_all();
        while disturbances.join_next().await.is_some() {}
        let mut seen = Vec::new();
        for reader in readers {
            let (delivered, calls) = reader.finish().await;
            told.push(tell_reader(seen.len(), &calls, outage));
            seen.push(delivered);
        }
        let business: Vec<(Uuid,)> = sqlx::query_as("SELECT commit FROM business")
            .fetch_all(&pool)
            .await?;
        pool.close().await;
        store.close().await;

        told.push(tell(&tally, wrote, committed.len()));
        let checker = FeedChecker::new(committed);
        let mut report = judge(&checker, &seen, &record.take(), outage);
        report.torn = torn(
            &seen[0],
            business.into_iter().map(|(commit,)| commit).collect(),
        );
        report.told.splice(0..0, told);
        Ok(report)
    }

    async fn disturb(
        &self,
        url: &str,
        store: &PostgresStore,
        rng: &mut Rng,
        tally: &Arc<Tally>,
    ) -> Result<JoinSet<()>> {
        let mut disturbances = JoinSet::new();
        let owned = || (url.to_owned(), Arc::clone(tally));
        let (at, count) = owned();
        // a ping does not end being idle in transaction
        disturbances.spawn(hold(at, "SELECT 1", "", count));
        let (at, count) = owned();
        disturbances.spawn(hold(
            at,
            "CREATE TABLE IF NOT EXISTS unrelated (at timestamptz DEFAULT now())",
            "INSERT INTO unrelated DEFAULT VALUES",
            count,
        ));
        disturbances.spawn(rival(store.clone(), rng.fork(), Arc::clone(tally)));
        let other = PostgresStore::open(url).await?;
        for _ in 0..2 {
            disturbances.spawn(rival(other.clone(), rng.fork(), Arc::clone(tally)));
        }
        Ok(disturbances)
    }

    async fn wait_for(&self, reader: &Reader, events: usize) -> Result<()> {
        let began = Instant::now();
        while reader.count() < events {
            if began.elapsed() > self.patience {
                bail!(
                    "seed {}: a reader got {} of {events} events in {:?}",
                    self.seed,
                    reader.count(),
                    self.patience
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// A pool for transactions of the writers' own.
///
/// # Errors
/// When the server cannot be reached.
pub async fn own_pool(url: &str, writers: usize) -> Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(u32::try_from(writers)?.max(1))
        .connect(url)
        .await
        .context("connecting the writers that own their transactions")
}

async fn join<T: 'static>(mut tasks: JoinSet<T>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.push(done.context("a writer panicked")?);
    }
    Ok(all)
}

/// Waits until every reader has so many events, or none has got another for ten seconds.
async fn follow_to(readers: &[Reader], events: usize) {
    let mut last = 0;
    let mut since = Instant::now();
    while readers.iter().any(|reader| reader.count() < events) {
        let sum = readers.iter().map(Reader::count).sum();
        if sum != last {
            last = sum;
            since = Instant::now();
        }
        if since.elapsed() > Duration::from_secs(10) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn restart(server: &mut Postgres, rng: &mut Rng) -> Result<(Outage, &'static str)> {
    let began = now();
    let how = tokio::task::block_in_place(|| {
        let how = match rng.u8(0..3) {
            0 => {
                server.kill9()?;
                "killed with -9"
            }
            1 => {
                server.stop_immediate()?;
                "stopped with -m immediate"
            }
            _ => {
                server.stop_fast()?;
                "stopped with -m fast"
            }
        };
        server.start_again()?;
        anyhow::Ok(how)
    })?;
    let ended = now();
    Ok((Outage { began, ended }, how))
}

fn tell(tally: &Tally, wrote: Duration, events: usize) -> String {
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    format!(
        "{events} events in {:.1} s; {} backends terminated, {} of them in a transaction; {} writer processes killed, {} of them in mid-commit; {} turns by rival sequencers; {} transactions held open",
        wrote.as_secs_f64(),
        of(&tally.terminated),
        of(&tally.terminated_amid),
        of(&tally.killed),
        of(&tally.killed_amid),
        of(&tally.ticks),
        of(&tally.held),
    )
}

fn tell_reader(number: usize, calls: &Calls, outage: Option<Outage>) -> String {
    let after_restart = |ended: i64| match outage {
        Some(outage) => format!(", {} ms after the restart", (ended - outage.ended) / 1000),
        None => String::new(),
    };
    let (read, read_ended) = calls.longest_read;
    let (wait, wait_ended) = calls.longest_wait;
    format!(
        "reader {number}: {} reads failed ({}); the longest took {} ms, ended{}; the longest wait took {} ms, ended{}",
        calls.failed,
        calls.failure.as_deref().unwrap_or("none"),
        read.as_millis(),
        after_restart(read_ended),
        wait.as_millis(),
        after_restart(wait_ended),
    )
}

fn judge(
    checker: &FeedChecker,
    seen: &[Vec<Seen>],
    ledger: &Ledger,
    outage: Option<Outage>,
) -> FeedReport {
    let deliveries: Vec<Vec<_>> = seen
        .iter()
        .map(|seen| seen.iter().map(|seen| seen.delivered.clone()).collect())
        .collect();
    let mut report = FeedReport {
        events: checker.committed(),
        faults: checker.check(&deliveries),
        ..FeedReport::default()
    };
    let mut there: HashMap<Uuid, u32> = HashMap::new();
    for commit in seen.iter().take(1).flatten().filter_map(|seen| seen.commit) {
        *there.entry(commit).or_default() += 1;
    }
    let mut answered: HashMap<Uuid, i64> = HashMap::new();
    let (mut refused, mut unknown, mut in_flight) = (0, 0, 0);
    for (name, of, fate) in ledger.commits() {
        let Ok(commit) = name.parse::<Uuid>() else {
            continue;
        };
        let found = there.get(&commit).copied().unwrap_or_default();
        match fate {
            Fate::Acknowledged(at) => {
                answered.insert(commit, at);
                report.lost += usize::from(found != of);
            }
            Fate::Refused => {
                refused += 1;
                report.risen += usize::from(found > 0);
            }
            Fate::Unknown => unknown += 1,
            Fate::InFlight => in_flight += 1,
        }
    }
    report.told.push(format!(
        "{} commits acknowledged, {refused} rolled back or refused, {unknown} unknown, {in_flight} in flight when killed",
        answered.len()
    ));
    measure(&mut report, seen, &answered, outage);
    report
}

/// Lag and resumption.
fn measure(
    report: &mut FeedReport,
    seen: &[Vec<Seen>],
    answered: &HashMap<Uuid, i64>,
    outage: Option<Outage>,
) {
    let window = outage.map(|outage| {
        let resume = i64::try_from(RESUME.as_micros()).unwrap_or_default();
        (outage.began, outage.ended + resume)
    });
    let mut lags: Vec<u64> = Vec::new();
    let mut slowest: Option<(u64, &Seen)> = None;
    for seen in seen.iter().flatten() {
        let Some(answered) = seen.commit.and_then(|commit| answered.get(&commit)) else {
            continue;
        };
        let is_apart = window.is_some_and(|(from, to)| *answered < to && seen.at > from);
        if !is_apart {
            let lag = u64::try_from(seen.at - answered).unwrap_or_default() / 1000;
            lags.push(lag);
            if slowest.is_none_or(|(longest, _)| lag > longest) {
                slowest = Some((lag, seen));
            }
        }
    }
    lags.sort_unstable();
    report.max_lag_ms = lags.last().copied().unwrap_or_default();
    report.p99_lag_ms = lags.get(lags.len() * 99 / 100).copied().unwrap_or_default();
    report.told.push(format!(
        "lag over {} deliveries: median {} ms, p99 {} ms, longest {} ms",
        lags.len(),
        lags.get(lags.len() / 2).copied().unwrap_or_default(),
        report.p99_lag_ms,
        report.max_lag_ms
    ));
    if let (Some((lag, seen)), Some(outage)) = (slowest, outage) {
        report.told.push(format!(
            "the slowest delivery ({lag} ms) came {} ms after the restart: {:?}, in a transaction of the writer's own: {}",
            (seen.at - outage.ended) / 1000,
            seen.delivered,
            seen.is_own
        ));
    }
    if let Some(outage) = outage {
        report.resumed_ms = seen
            .iter()
            .map(|seen| {
                let first = seen.iter().find(|seen| seen.at > outage.ended);
                first.map_or(u64::MAX, |seen| {
                    u64::try_from(seen.at - outage.ended).unwrap_or_default() / 1000
                })
            })
            .collect();
        report.told.push(format!(
            "readers resumed {:?} ms after the restart",
            report.resumed_ms
        ));
    }
}

/// How many transactions of the writers' own have a business row and no events, or the other way round.
fn torn(seen: &[Seen], business: HashSet<Uuid>) -> usize {
    let own: HashSet<Uuid> = seen
        .iter()
        .filter(|seen| seen.is_own)
        .filter_map(|seen| seen.commit)
        .collect();
    own.symmetric_difference(&business).count()
}
