//! PostgreSQL: a database for each contestant, with the tables that mink makes.

use std::sync::Arc;

use anyhow::{Context, Result};
use mink::postgres::PostgresStore;
use mink::prelude::*;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::Mutex;

use super::{Arena, Event, WorkName, appending, hot, reading};
use crate::amount::Amount;
use crate::contest::{Contestant, Side};
use crate::raw::postgres::{Bare, Grouped, Same, settings};
use crate::side::fill;

/// Makes databases on a server.
struct Server {
    url: String,
    conn: PgConnection,
    made: u32,
}

impl Server {
    async fn database(&mut self) -> Result<String> {
        self.made += 1;
        let name = format!("mink_bench_{}_{}", std::process::id(), self.made);
        let sql = format!("CREATE DATABASE {name}");
        self.conn.execute(AssertSqlSafe(sql)).await?;
        let (server, _) = self
            .url
            .rsplit_once('/')
            .context("the URL names no database")?;
        Ok(format!("{server}/{name}"))
    }

    /// Removes what was made.
    async fn tidy(&mut self) -> Result<()> {
        for number in 1..=self.made {
            let sql = format!(
                "DROP DATABASE IF EXISTS mink_bench_{}_{number} WITH (FORCE)",
                std::process::id()
            );
            self.conn.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }
}

/// The server, which every work makes its databases on.
type Shared = Arc<Mutex<Server>>;

/// What must be removed when the works are done.
pub struct Made {
    server: Shared,
}

impl Made {
    /// Drops the databases.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub async fn remove(self) -> Result<()> {
        self.server.lock().await.tidy().await
    }
}

/// Prepares the works with databases of their own on the server at `url`.
///
/// # Errors
/// The store's.
pub async fn prepare(amount: Amount, url: &str) -> Result<(Arena, Made)> {
    let server = Arc::new(Mutex::new(Server {
        url: url.to_owned(),
        conn: PgConnection::connect(url).await?,
        made: 0,
    }));
    let filled = database(&server).await?;
    let read = Arc::new(Mink::open(&filled).await?);
    fill(&*read, amount).await?;
    while read.head().await?.0 < amount.feed {
        read.storage().feed_moved().await;
    }
    let sequencer = PostgresStore::open(&filled).await?;
    let read_same = Arc::new(Same::open(&filled, 1, &sequencer).await?);
    let read_bare = Arc::new(Bare::open(&filled, 1, amount.stream).await?);
    read_bare.fill().await?;
    PgConnection::connect(&filled)
        .await?
        .execute("VACUUM ANALYZE")
        .await?;

    let events = WorkName::ALL.map(|work| {
        let server = Arc::clone(&server);
        let read = (read.clone(), read_same.clone(), read_bare.clone());
        Event::new(work, move || async move {
            if !matches!(work, WorkName::Load | WorkName::Scan) {
                return writers(work, amount, &server).await;
            }
            let (mink, same, bare) = read;
            Ok(vec![
                reading(work, Side::Mink, &mink, amount),
                reading(work, Side::Same, &same, amount),
                reading(work, Side::Bare, &bare, amount),
            ])
        })
    });
    let arena = Arena {
        store: "postgres",
        settings: settings(url).await?,
        events: events.into(),
        keep: None,
    };
    Ok((arena, Made { server }))
}

async fn writers(work: WorkName, amount: Amount, server: &Shared) -> Result<Vec<Contestant>> {
    let app = Arc::new(Mink::open(&database(server).await?).await?);
    if work == WorkName::Hot {
        return Ok(hot(&app, amount));
    }
    let mut contestants = vec![appending(work, Side::Mink, &app, amount)];
    let alone = work != WorkName::ManyTasks;
    // One commit after the other never uses a second connection.
    let counts = if alone { &[1] } else { amount.connections };
    let how = |contestant: Contestant, count: usize| {
        if alone {
            contestant
        } else {
            contestant.how(format!("with {count} connections"))
        }
    };
    let same = async |side, count| {
        let (url, sequencer) = migrated(server).await?;
        let same = Arc::new(Same::open(&url, count, &sequencer).await?);
        Ok(how(appending(work, side, &same, amount), count))
    };
    if alone {
        contestants.push(same(Side::Same, 1).await?);
    } else {
        let grouped = async |count| {
            let (url, sequencer) = migrated(server).await?;
            let grouped = Arc::new(Grouped::open(&url, count, &sequencer).await?);
            Ok(how(appending(work, Side::Same, &grouped, amount), count))
        };
        contestants.push(best(counts, grouped).await?);
        contestants.push(best(counts, async |count| same(Side::Ungrouped, count).await).await?);
    }
    let bare = async |count| {
        let insert = Bare::open(&database(server).await?, count, 0).await?;
        Ok(how(
            appending(work, Side::Bare, &Arc::new(insert), amount),
            count,
        ))
    };
    contestants.push(best(counts, bare).await?);
    Ok(contestants)
}

/// Who does the same fastest of those with these numbers of connections, by the best of some turns. One after the other
/// is made and tried beside the best so far alone: all of them together would hold more connections than a server
/// allows.
async fn best(
    counts: &[usize],
    make: impl AsyncFn(usize) -> Result<Contestant>,
) -> Result<Contestant> {
    const TURNS: usize = 3;
    let mut best: Option<(f64, Contestant)> = None;
    for count in counts {
        let contestant = make(*count).await?;
        let mut rate = 0.0_f64;
        if counts.len() > 1 {
            for _ in 0..TURNS {
                rate = rate.max(contestant.take_turn().await?.rate());
            }
        }
        if best.as_ref().is_none_or(|(fastest, _)| rate > *fastest) {
            best = Some((rate, contestant));
        }
    }
    let (_, contestant) = best.context("no number of connections to try")?;
    Ok(contestant)
}

async fn database(server: &Shared) -> Result<String> {
    server.lock().await.database().await
}

/// A database with mink's tables, and the sequencer that stamps its feed.
async fn migrated(server: &Shared) -> Result<(String, PostgresStore)> {
    let url = database(server).await?;
    let store = PostgresStore::open(&url).await?;
    Ok((url, store))
}
