//! One run: tasks that dispatch, and a server that comes and goes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use mink::bus::layers::RetryLayer;
use mink::bus::{BusOptions, CommandFault, DispatchError, DispatchOptions};
use mink::prelude::*;
use mink_runtime::id::EventId;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tokio::task::JoinSet;
use uuid::Uuid;
use xtask::services::Postgres;

use super::checker::{Answer, Stored, Verdict, judge};
use super::domain::{NotPassedOn, PassOn, Write, registry};

/// How long a keyed dispatch is sent again before it counts as not settled.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// How the server goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// In order: `-m fast`.
    Fast,
    /// At once: `-m immediate`.
    Immediate,
    /// With SIGKILL to all its processes.
    Kill9,
}

/// Every way, in turn.
pub const HOW: [How; 3] = [How::Fast, How::Immediate, How::Kill9];

/// What a run does.
#[derive(Debug, Clone, Copy)]
pub struct RetryRun {
    /// How many commands are dispatched.
    pub dispatches: u64,
    /// By how many tasks, over two applications.
    pub tasks: usize,
    /// How many aggregates they share.
    pub pages: u64,
    /// How often the server goes away, in every way in turn.
    pub restarts: u32,
    /// The longest that it stays away before it is started again.
    pub away: Duration,
    /// How long the applications go on trying, where that is not the default.
    pub patience: Option<Duration>,
    /// Decides what is dispatched and when the server goes.
    pub seed: u64,
    /// Gives up when not everything is answered by then.
    pub limit: Duration,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct RetryReport {
    /// The comparison of first answers with the table.
    pub verdict: Verdict,
    /// How often the server went away and came back.
    pub restarts: u32,
    /// Dispatches that were under way when it went, over all times.
    pub in_flight: u64,
    /// How long the longest dispatch took.
    pub longest: Duration,
    /// Keyed dispatches that ended with an error and were accepted when they were sent again.
    pub settled: u64,
    /// Keyed dispatches that were never accepted.
    pub unsettled: u64,
    /// Why dispatches failed, each reason once.
    pub reasons: BTreeMap<String, u64>,
}

impl RetryReport {
    /// Everything that must be zero and is not.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let Verdict {
            lost,
            doubled,
            dishonest,
            foreign,
            ..
        } = self.verdict;
        let unsettled = usize::try_from(self.unsettled).unwrap_or(usize::MAX);
        [
            (lost, "accepted dispatches are not stored"),
            (doubled, "dispatches are stored more than once"),
            (dishonest, "dispatches are stored and were said not to be"),
            (foreign, "events are stored that nobody dispatched"),
            (unsettled, "dispatches with a key were never settled"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
    }

    /// `retry: dispatches=N ok=N unknown=N refused=N lost=0 doubled=0 dishonest=0 restarts=N`.
    #[must_use]
    pub fn line(&self) -> String {
        let Verdict {
            dispatches,
            ok,
            unknown,
            nothing,
            lost,
            doubled,
            dishonest,
            ..
        } = self.verdict;
        format!(
            "retry: dispatches={dispatches} ok={ok} unknown={unknown} failed={nothing} lost={lost} doubled={doubled} dishonest={dishonest} restarts={} in_flight={} settled={} longest_ms={}",
            self.restarts,
            self.in_flight,
            self.settled,
            self.longest.as_millis()
        )
    }
}

/// One dispatch.
#[derive(Debug, Clone, Copy)]
struct Plan {
    number: u64,
    page: u64,
    keyed: bool,
    passed_on: bool,
}

impl Plan {
    fn options(self, run: Uuid) -> DispatchOptions {
        let options = DispatchOptions::new();
        match self.keyed {
            true => options.idempotency_key(format!("{run} {}", self.number)),
            false => options,
        }
    }

    async fn dispatch(self, app: &Mink, run: Uuid) -> (Answer, String) {
        let Self { number, page, .. } = self;
        let options = self.options(run);
        if self.passed_on {
            let pass_on = PassOn {
                page,
                number,
                keyed: self.keyed,
            };
            match app.dispatch_with(pass_on, options).await {
                Ok(passed) => (Answer::Ok(passed.event), String::new()),
                Err(DispatchError::Rejected(NotPassedOn {
                    may_have_happened,
                    reason,
                })) => (effect(may_have_happened), reason),
                Err(DispatchError::Failed(fault)) => failed(&fault),
            }
        } else {
            let write = Write {
                page_id: page,
                number,
            };
            match app.dispatch_with(write, options).await {
                Ok(receipt) => match receipt.event_ids() {
                    [event] => (Answer::Ok(*event), String::new()),
                    // lost or doubled: the table tells
                    _ => (Answer::Ok(EventId(Uuid::nil())), "no one event".to_owned()),
                },
                Err(DispatchError::Rejected(never)) => match never {},
                Err(DispatchError::Failed(fault)) => failed(&fault),
            }
        }
    }
}

fn failed(fault: &CommandFault) -> (Answer, String) {
    let reason = match fault {
        // each has a key of its own
        CommandFault::KeyHeld { .. } => fault.kind().to_owned(),
        fault => format!("{}: {fault}", fault.kind()),
    };
    (effect(fault.may_have_happened()), reason)
}

fn effect(may_have_happened: bool) -> Answer {
    match may_have_happened {
        true => Answer::Unknown,
        false => Answer::Nothing,
    }
}

/// What the tasks have in common.
struct Desk {
    plan: RetryRun,
    run: Uuid,
    next: AtomicU64,
    answered: AtomicU64,
    in_flight: AtomicUsize,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    answers: BTreeMap<u64, Answer>,
    reasons: BTreeMap<String, u64>,
    longest: Duration,
    settled: u64,
    unsettled: u64,
}

impl Desk {
    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(&self, app: &Mink, mut rng: Rng) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.plan.dispatches {
                return;
            }
            let plan = Plan {
                number,
                page: rng.u64(0..self.plan.pages.max(1)),
                keyed: number.is_multiple_of(2),
                passed_on: number % 8 >= 6,
            };
            self.in_flight.fetch_add(1, Ordering::Relaxed);
            let began = Instant::now();
            let (answer, reason) = plan.dispatch(app, self.run).await;
            let took = began.elapsed();
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            self.answered.fetch_add(1, Ordering::Relaxed);
            let settled = match answer {
                Answer::Ok(_) => None,
                _ if plan.keyed => Some(self.settle(plan, app).await),
                _ => None,
            };
            let mut heard = self.heard();
            heard.longest = heard.longest.max(took);
            if !reason.is_empty() {
                *heard.reasons.entry(reason).or_default() += 1;
            }
            // what a keyed dispatch was told first is superseded by what settled it
            let answer = match settled {
                Some(Some(event)) => {
                    heard.settled += 1;
                    Answer::Ok(event)
                }
                Some(None) => {
                    heard.unsettled += 1;
                    answer
                }
                None => answer,
            };
            heard.answers.insert(number, answer);
        }
    }

    /// Sends it again with the same key.
    async fn settle(&self, plan: Plan, app: &Mink) -> Option<EventId> {
        let until = Instant::now() + SETTLED_WITHIN;
        while Instant::now() < until {
            match plan.dispatch(app, self.run).await {
                (Answer::Ok(event), _) => return Some(event),
                (_, reason) => *self.heard().reasons.entry(reason).or_default() += 1,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }
}

impl RetryRun {
    /// Dispatches on the database at `url`, which is one of `server`'s, while that restarts; then judges.
    ///
    /// # Errors
    /// When the server cannot be restarted, the store not be opened or read, or not everything is answered in time.
    pub async fn run(self, url: &str, mut server: Postgres) -> Result<RetryReport> {
        let mut rng = Rng::with_seed(self.seed);
        let apps = [self.open(url).await?, self.open(url).await?];
        let desk = Arc::new(Desk {
            plan: self,
            run: Uuid::from_u128(rng.u128(..)),
            next: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            heard: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for task in 0..self.tasks.max(1) {
            let (desk, app, rng) = (desk.clone(), apps[task % apps.len()].clone(), rng.fork());
            tasks.spawn(async move { desk.work(&app, rng).await });
        }
        let limit = Instant::now() + self.limit;
        let (mut restarts, mut in_flight) = (0, 0);
        for restart in 0..self.restarts {
            // somewhere in its share of the dispatches
            let share = self.dispatches / u64::from(self.restarts + 1);
            let from = share * u64::from(restart) + share / 2;
            let when = from + rng.u64(0..share.max(1));
            desk.wait_for(when, limit).await?;
            tokio::time::sleep(Duration::from_micros(rng.u64(0..20_000))).await;
            in_flight += desk.in_flight.load(Ordering::Relaxed) as u64;
            let how = HOW[restart as usize % HOW.len()];
            let away = self.away.mul_f64(rng.f64());
            server = tokio::task::spawn_blocking(move || go_and_come_back(server, how, away))
                .await?
                .with_context(|| format!("the server was to go {how:?} and come back"))?;
            restarts += 1;
        }
        let done = tokio::time::timeout_at(limit.into(), async {
            while let Some(done) = tasks.join_next().await {
                done?;
            }
            anyhow::Ok(())
        });
        if done.await.is_err() {
            bail!(
                "{} of {} dispatches were answered in {:?}",
                desk.answered.load(Ordering::Relaxed),
                self.dispatches,
                self.limit
            );
        }
        for app in apps {
            app.shutdown().await?;
        }
        let stored = stored_in_postgres(url).await?;
        drop(server);
        let heard = std::mem::take(&mut *desk.heard());
        Ok(RetryReport {
            verdict: judge(&heard.answers, &stored),
            restarts,
            in_flight,
            longest: heard.longest,
            settled: heard.settled,
            unsettled: heard.unsettled,
            reasons: heard.reasons,
        })
    }

    /// As an application would, with the retry layer.
    async fn open(self, url: &str) -> Result<Mink> {
        let mut builder = Mink::builder()
            .url(url)
            .registry(registry())
            .layer(RetryLayer::new());
        if let Some(patience) = self.patience {
            // who gives up while the server is away cannot give back a key that it holds
            let bus = BusOptions {
                hold_keys: Duration::from_secs(3),
                ..BusOptions::default()
            };
            builder = builder.patience(patience).bus_options(bus);
        }
        Ok(builder.open().await?)
    }
}

impl Desk {
    async fn wait_for(&self, answered: u64, limit: Instant) -> Result<()> {
        while self.answered.load(Ordering::Relaxed) < answered {
            if Instant::now() > limit {
                bail!("{answered} dispatches were not answered in time");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

fn go_and_come_back(mut server: Postgres, how: How, away: Duration) -> Result<Postgres> {
    match how {
        How::Fast => server.stop_fast()?,
        How::Immediate => server.stop_immediate()?,
        How::Kill9 => server.kill9()?,
    }
    std::thread::sleep(away);
    server.start_again()?;
    Ok(server)
}

/// The events of this domain in a database, read around the store.
///
/// # Errors
/// When the table cannot be read.
pub async fn stored_in_postgres(url: &str) -> Result<Vec<Stored>> {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT event_id, (payload->>'number')::bigint FROM mink.events")
            .fetch_all(&pool)
            .await?;
    pool.close().await;
    rows.into_iter().map(stored).collect()
}

/// The events of this domain in a SQLite file, read around the store.
///
/// # Errors
/// When the file cannot be read.
pub async fn stored_in_sqlite(url: &str) -> Result<Vec<Stored>> {
    let options: SqliteConnectOptions = url.parse()?;
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT event_id, json_extract(payload, '$.number') FROM mink_events")
            .fetch_all(&pool)
            .await?;
    pool.close().await;
    rows.into_iter().map(stored).collect()
}

fn stored((id, number): (Uuid, i64)) -> Result<Stored> {
    Ok(Stored {
        id: EventId(id),
        number: u64::try_from(number)?,
    })
}
