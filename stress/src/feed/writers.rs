//! The writers: half through the application, half inside transactions of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use mink_postgres::PostgresStore;
use mink_runtime::app::Mink;
use mink_runtime::id::{EventId, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::repository::UnknownEvents;
use mink_runtime::storage::{Append, Commit, ExpectedVersion, Format, NewEvent};
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::record::Record;
use crate::crash::Fate;
use crate::domain::{Ledger, registry};
use crate::plan::{Plan, TENANT};
use mink_runtime::aggregate::Aggregate;

/// The type of events that are appended inside a transaction of the writer's own.
pub const OWN: &str = "PartInOwnTransaction";

/// The table that a writer of the second half changes together with its events.
pub const BUSINESS: &str = "CREATE TABLE IF NOT EXISTS business (commit uuid PRIMARY KEY)";

/// What every writer of a process needs. Cloning gives another handle.
#[derive(Clone)]
pub struct Desk {
    store: PostgresStore,
    pool: PgPool,
    app: Mink,
    tenant: Mink,
    record: Record,
    stop: Arc<AtomicBool>,
    shared: usize,
}

impl Desk {
    /// A desk on an open store; `pool` is for the writers' own transactions, `shared` is how many ledgers all
    /// writers share.
    ///
    /// # Errors
    /// When the application does not open.
    pub async fn new(
        store: PostgresStore,
        pool: PgPool,
        record: Record,
        shared: usize,
    ) -> Result<Self> {
        let app = Mink::builder()
            .storage(store.clone())
            .registry(registry())
            .unknown_events(UnknownEvents::Skip)
            .patience(Duration::from_secs(60))
            .open()
            .await?;
        Ok(Self {
            tenant: app.tenant(TENANT)?,
            app,
            store,
            pool,
            record,
            stop: Arc::default(),
            shared,
        })
    }

    /// Starts writers: `through_app`, `in_own` and `late`, which keep their transactions open for seconds.
    #[must_use]
    pub fn start(&self, rng: &mut Rng, name: &str, counts: Counts) -> JoinSet<()> {
        let mut writers = JoinSet::new();
        for number in 0..counts.through_app {
            let (desk, rng) = (self.clone(), rng.fork());
            writers.spawn(desk.write_through_app(rng, format!("{name}.app{number}")));
        }
        for number in 0..counts.in_own {
            let (desk, rng) = (self.clone(), rng.fork());
            let pauses = Duration::from_millis(4);
            writers.spawn(desk.write_in_own(rng, format!("{name}.own{number}"), pauses, false));
        }
        for number in 0..counts.late {
            let (desk, rng) = (self.clone(), rng.fork());
            let pauses = Duration::from_secs(2);
            writers.spawn(desk.write_in_own(rng, format!("{name}.late{number}"), pauses, true));
        }
        writers
    }

    /// Lets every writer finish what it is at, and do nothing more.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Acquire)
    }

    async fn write_through_app(self, mut rng: Rng, name: String) {
        while self.goes_on() {
            let plan = Plan::next(&mut rng, &name, self.shared);
            let commit = plan.commit.clone();
            self.record.announce(&commit, plan.events());
            match plan.submit(&self.app, &self.tenant).await {
                Ok(()) => self.record.acknowledge(&commit),
                Err(failed) => {
                    let fate = match failed.unknown {
                        true => Fate::Unknown,
                        false => Fate::Refused,
                    };
                    self.record.answer(&commit, fate, &failed.reason);
                    pause(&mut rng, Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// A late writer has ledgers of its own only: for as long as it holds one, nobody else could write to it.
    async fn write_in_own(self, mut rng: Rng, name: String, pauses: Duration, is_late: bool) {
        while self.goes_on() {
            let mut plan = Plan::next(&mut rng, &name, self.shared);
            if is_late {
                for write in &mut plan.writes {
                    write.ledger = format!("{name}.{}", write.ledger);
                }
            }
            let commit = plan.commit.clone();
            self.record.announce(&commit, plan.events());
            match self.in_own(&mut rng, &plan, pauses).await {
                Ok(true) => self.record.acknowledge(&commit),
                Ok(false) => self.record.answer(&commit, Fate::Refused, "rolled back"),
                Err((fate, reason)) => {
                    self.record.answer(&commit, fate, &reason);
                    pause(&mut rng, Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// `Ok(true)` when it committed, `Ok(false)` when it rolled back.
    async fn in_own(
        &self,
        rng: &mut Rng,
        plan: &Plan,
        pauses: Duration,
    ) -> Result<bool, (Fate, String)> {
        let refused = |error: sqlx::Error| (Fate::Refused, error.to_string());
        let commit = commit_of(plan).map_err(|error| (Fate::Refused, error.to_string()))?;
        let mut tx = self.pool.begin().await.map_err(refused)?;
        sqlx::query("SELECT pg_current_xact_id()::text")
            .execute(&mut *tx)
            .await
            .map_err(refused)?;
        sqlx::query("INSERT INTO business VALUES ($1::uuid)")
            .bind(&plan.commit)
            .execute(&mut *tx)
            .await
            .map_err(refused)?;
        pause(rng, pauses).await;
        self.store
            .append_in(&mut tx, &commit)
            .await
            .map_err(|error| (Fate::Refused, format!("append_in: {error}")))?;
        pause(rng, pauses).await;
        if rng.u8(0..10) == 0 {
            tx.rollback().await.map_err(refused)?;
            return Ok(false);
        }
        tx.commit()
            .await
            .map_err(|error| (Fate::Unknown, error.to_string()))?;
        // a hint that some applications forget
        if rng.bool() {
            self.store.wake();
        }
        Ok(true)
    }
}

/// How many writers of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// Through `dispatch`, `append` and batches.
    pub through_app: usize,
    /// Through `append_in`, with short pauses.
    pub in_own: usize,
    /// Through `append_in`, with long pauses.
    pub late: usize,
}

fn commit_of(plan: &Plan) -> Result<Commit> {
    let tenant = match plan.is_tenant {
        true => TenantId::new(TENANT)?,
        false => TenantId::default(),
    };
    let mut appends = Vec::new();
    for write in &plan.writes {
        let mut events = Vec::new();
        for part in &write.parts {
            events.push(NewEvent {
                id: EventId::new(),
                event_type: OWN.into(),
                schema_version: 1,
                format: Format::Json,
                payload: serde_json::to_vec(part)?.into(),
                metadata: Metadata::default(),
                recorded_at: chrono::Utc::now(),
            });
        }
        appends.push(Append {
            tenant: tenant.clone(),
            stream: StreamId::of(Ledger::NAME, &write.ledger)?,
            expected: ExpectedVersion::Any,
            events,
        });
    }
    Ok(Commit::new(appends))
}

/// Waits for a random part of `most`.
pub(super) async fn pause(rng: &mut Rng, most: Duration) {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    tokio::time::sleep(Duration::from_micros(rng.u64(0..=micros))).await;
}
