//! What makes a feed's life hard: old transactions, lost connections, killed writers, rivals at the sequencer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use mink_postgres::PostgresStore;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::record::Record;
use super::writers::pause;
use crate::crash::Appender;

/// The connections that are never terminated: those whose age is the point.
const HOLDER: &str = "mink-stress-holder";

/// How often each disturbance happened.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Backends terminated with `pg_terminate_backend`.
    pub(super) terminated: AtomicU64,
    /// Of these, in the middle of a transaction.
    pub(super) terminated_amid: AtomicU64,
    /// Writer processes killed with SIGKILL.
    pub(super) killed: AtomicU64,
    /// Of these, with a commit announced and not answered.
    pub(super) killed_amid: AtomicU64,
    /// Turns at the sequencer that were asked for by rivals.
    pub(super) ticks: AtomicU64,
    /// Transactions held open by idle or unrelated sessions, counted when they begin.
    pub(super) held: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = url.parse()?;
    Ok(options.application_name(HOLDER).connect().await?)
}

/// Holds a transaction open for as long as its connection lives, and begins another when that is lost.
/// `statement` is done at the start, and `again` every 100 ms.
pub(super) async fn hold(
    url: String,
    statement: &'static str,
    again: &'static str,
    tally: Arc<Tally>,
) {
    loop {
        let _: Result<()> = async {
            let mut conn = connect(&url).await?;
            let mut tx = conn.begin().await?;
            tx.execute("SELECT pg_current_xact_id()::text").await?;
            tx.execute(statement).await?;
            add(&tally.held);
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                tx.execute(again).await?;
            }
        }
        .await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Terminates a random backend of this database every `every` or so, with preference for those in a transaction,
/// until `stop` says so: the judge's own connections are not to be hit.
pub(super) async fn terminate(
    url: String,
    mut rng: Rng,
    every: Duration,
    tally: Arc<Tally>,
    stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let _: Result<()> = async {
            let mut conn = connect(&url).await?;
            loop {
                pause(&mut rng, every * 2).await;
                if *stop.borrow() {
                    return Ok(());
                }
                let victim: Option<(String, bool)> = sqlx::query_as(
                    "WITH victim AS MATERIALIZED (
                         SELECT pid, state FROM pg_stat_activity
                         WHERE datname = current_database() AND backend_type = 'client backend'
                           AND application_name <> $1 AND state IS NOT NULL
                         ORDER BY (state <> 'idle' AND random() < 0.9) DESC, random() LIMIT 1)
                     SELECT state, pg_terminate_backend(pid) FROM victim",
                )
                .bind(HOLDER)
                .fetch_optional(&mut conn)
                .await?;
                if let Some((state, true)) = victim {
                    add(&tally.terminated);
                    if state != "idle" {
                        add(&tally.terminated_amid);
                    }
                }
            }
        }
        .await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asks for turns at the sequencer, one right after the other, in rivalry with all others.
pub(super) async fn rival(store: PostgresStore, mut rng: Rng, tally: Arc<Tally>) {
    loop {
        if store.tick().await.is_ok() {
            add(&tally.ticks);
        }
        pause(&mut rng, Duration::from_millis(10)).await;
    }
}

/// Writer processes, each killed after a random while and replaced by the next.
pub(super) struct Children {
    program: PathBuf,
    url: String,
    record: Record,
    tally: Arc<Tally>,
}

impl Children {
    /// Children of `program`, which has the command `writer`.
    #[must_use]
    pub(super) fn new(program: &Path, url: &str, record: Record, tally: Arc<Tally>) -> Self {
        Self {
            program: program.to_owned(),
            url: url.to_owned(),
            record,
            tally,
        }
    }

    /// Keeps `count` of them running until `stop` says to kill the last.
    #[must_use]
    pub(super) fn start(
        self,
        rng: &mut Rng,
        count: usize,
        stop: &watch::Receiver<bool>,
    ) -> JoinSet<Result<()>> {
        let shared = Arc::new(self);
        let mut slots = JoinSet::new();
        for slot in 0..count {
            let (shared, mut rng, mut stop) = (Arc::clone(&shared), rng.fork(), stop.clone());
            slots.spawn(async move {
                let mut generation = 0;
                while !*stop.borrow() {
                    generation += 1;
                    let child = shared.spawn(&format!("child{slot}.{generation}"), rng.u64(..))?;
                    let life = Duration::from_millis(rng.u64(500..2500));
                    let _ = tokio::time::timeout(life, stop.wait_for(|stop| *stop)).await;
                    let ledger = tokio::task::spawn_blocking(|| child.kill()).await??;
                    add(&shared.tally.killed);
                    if ledger.count(|fate| fate == crate::crash::Fate::InFlight) > 0 {
                        add(&shared.tally.killed_amid);
                    }
                    shared.record.absorb(ledger);
                }
                Ok(())
            });
        }
        slots
    }

    fn spawn(&self, name: &str, seed: u64) -> Result<Appender> {
        let mut command = Command::new(&self.program);
        command
            .args(["writer", "--url", &self.url, "--name", name])
            .args(["--seed", &seed.to_string()]);
        Appender::spawn(command)
    }
}
