//! What a turn at the sequencer costs while one transaction stays open and ever more events lie behind it.

use anyhow::{Context, Result};
use mink_postgres::PostgresStore;
use mink_runtime::id::{EventId, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{Append, Commit, ExpectedVersion, Format, NewEvent, Storage};
use sqlx::{Connection, Executor, PgConnection};
use std::sync::Arc;

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How many events were committed behind the open transaction.
    pub behind: u64,
    /// How many turns were measured.
    pub turns: u64,
    /// How many events they stamped.
    pub stamped: u64,
    /// Blocks touched per turn that stamped.
    pub blocks: u64,
    /// Blocks touched per turn that had nothing to stamp.
    pub idle_blocks: u64,
}

/// How many events one measured turn stamps.
const STAMPED: usize = 10;
/// How many turns of each kind are measured at each size.
const TURNS: u64 = 20;

/// Measures at each of `sizes`, on an empty database whose server counts with `pg_stat_statements`.
///
/// # Errors
/// When the server refuses, or does not count.
pub async fn measure(url: &str, sizes: &[u64]) -> Result<Vec<Cost>> {
    let store = PostgresStore::open(url).await?;
    let mut conn = PgConnection::connect(url).await?;
    conn.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        .await
        .context("pg_stat_statements must be in shared_preload_libraries")?;
    let mut holder = PgConnection::connect(url).await?;
    let mut open = holder.begin().await?;
    open.execute("SELECT pg_current_xact_id()::text").await?;

    let mut costs = Vec::new();
    let mut behind = 0;
    for size in sizes {
        while behind < *size {
            let count = (size - behind).min(5000);
            append(&store, usize::try_from(count)?).await?;
            behind += count;
            store.tick().await?;
        }
        conn.execute("ANALYZE").await?;
        let mut cost = Cost {
            behind,
            turns: TURNS,
            stamped: 0,
            blocks: 0,
            idle_blocks: 0,
        };
        for _ in 0..TURNS {
            append(&store, STAMPED).await?;
            behind += STAMPED as u64;
            cost.blocks += blocks_of_turn(&mut conn, &store).await?;
            cost.stamped += STAMPED as u64;
            cost.idle_blocks += blocks_of_turn(&mut conn, &store).await?;
        }
        cost.blocks /= TURNS;
        cost.idle_blocks /= TURNS;
        costs.push(cost);
    }
    open.rollback().await?;
    store.close().await;
    Ok(costs)
}

/// Whether the cost stays flat: at the largest size no more than twice what it is at the smallest, and a few blocks
/// for trees that are a level deeper.
#[must_use]
pub fn is_flat(costs: &[Cost]) -> bool {
    let (Some(first), Some(last)) = (costs.first(), costs.last()) else {
        return false;
    };
    last.blocks <= first.blocks * 2 + 100 && last.idle_blocks <= first.idle_blocks * 2 + 20
}

async fn blocks_of_turn(conn: &mut PgConnection, store: &PostgresStore) -> Result<u64> {
    const TOUCHED: &str = "SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::bigint
        FROM pg_stat_statements WHERE toplevel AND query LIKE '%tick(%'
          AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let before: i64 = sqlx::query_scalar(TOUCHED).fetch_one(&mut *conn).await?;
    store.tick().await?;
    let after: i64 = sqlx::query_scalar(TOUCHED).fetch_one(&mut *conn).await?;
    Ok(u64::try_from(after - before)?)
}

async fn append(store: &PostgresStore, count: usize) -> Result<()> {
    let events = (0..count)
        .map(|_| NewEvent {
            id: EventId::new(),
            event_type: "Counted".into(),
            schema_version: 1,
            format: Format::Json,
            payload: "{}".into(),
            metadata: Metadata::default(),
            recorded_at: chrono::Utc::now(),
        })
        .collect();
    let commit = Commit::new(vec![Append {
        tenant: TenantId::default(),
        stream: StreamId::of("Cost", &EventId::new().to_string())?,
        expected: ExpectedVersion::NoStream,
        events,
    }]);
    for answer in store.commit(&[Arc::new(commit)]).await {
        answer?;
    }
    Ok(())
}
