//! PostgreSQL: a database for each contestant, with the tables that mink makes.

use std::sync::Arc;

use anyhow::{Context, Result};
use mink::postgres::PostgresStore;
use mink::prelude::*;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{Arena, Event, WorkName, appending, reading};
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

/// What must be removed when the works are done.
pub struct Made {
    server: Server,
}

impl Made {
    /// Drops the databases.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub async fn remove(mut self) -> Result<()> {
        self.server.tidy().await
    }
}

/// Prepares the works with databases of their own on the server at `url`.
///
/// # Errors
/// The store's.
pub async fn prepare(amount: Amount, url: &str) -> Result<(Arena, Made)> {
    let mut server = Server {
        url: url.to_owned(),
        conn: PgConnection::connect(url).await?,
        made: 0,
    };
    let filled = server.database().await?;
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

    let mut events = Vec::new();
    for work in WorkName::ALL {
        let contestants = match work {
            WorkName::Load | WorkName::Scan => vec![
                reading(work, Side::Mink, &read, amount),
                reading(work, Side::Same, &read_same, amount),
                reading(work, Side::Bare, &read_bare, amount),
            ],
            _ => writers(work, amount, &mut server).await?,
        };
        events.push(Event { work, contestants });
    }
    let arena = Arena {
        store: "postgres",
        settings: settings(url).await?,
        events,
        keep: None,
    };
    Ok((arena, Made { server }))
}

async fn writers(work: WorkName, amount: Amount, server: &mut Server) -> Result<Vec<Contestant>> {
    let app = Arc::new(Mink::open(&server.database().await?).await?);
    let mut contestants = vec![appending(work, Side::Mink, &app, amount)];
    let mut ungrouped = Vec::new();
    let mut grouped = Vec::new();
    let mut bare = Vec::new();
    let alone = [1];
    let counts = if work == WorkName::ManyTasks {
        amount.connections
    } else {
        // One commit after the other never uses a second one.
        &alone[..]
    };
    for &count in counts {
        let how = format!("with {count} connections");
        let (url, sequencer) = migrated(server).await?;
        let same = Arc::new(Same::open(&url, count, &sequencer).await?);
        if work == WorkName::ManyTasks {
            ungrouped.push(appending(work, Side::Ungrouped, &same, amount).how(&how));
            let (url, sequencer) = migrated(server).await?;
            let group = Arc::new(Grouped::open(&url, count, &sequencer).await?);
            grouped.push(appending(work, Side::Same, &group, amount).how(&how));
        } else {
            grouped.push(appending(work, Side::Same, &same, amount));
        }
        let url = server.database().await?;
        let insert = Arc::new(Bare::open(&url, count, 0).await?);
        let insert = appending(work, Side::Bare, &insert, amount);
        bare.push(if counts.len() > 1 {
            insert.how(&how)
        } else {
            insert
        });
    }
    for tried in [grouped, ungrouped, bare] {
        contestants.extend(best(tried, 2).await?);
    }
    Ok(contestants)
}

/// The fastest of those who do the same at different numbers of connections, by their best of some turns.
async fn best(tried: Vec<Contestant>, turns: usize) -> Result<Option<Contestant>> {
    if tried.len() < 2 {
        return Ok(tried.into_iter().next());
    }
    let mut rates = vec![0.0_f64; tried.len()];
    for _ in 0..=turns {
        for (rate, contestant) in rates.iter_mut().zip(&tried) {
            *rate = rate.max(contestant.take_turn().await?.rate());
        }
    }
    let ranked = tried.into_iter().zip(rates);
    Ok(ranked
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(contestant, _)| contestant))
}

/// A database with mink's tables, and the sequencer that stamps its feed.
async fn migrated(server: &mut Server) -> Result<(String, PostgresStore)> {
    let url = server.database().await?;
    let store = PostgresStore::open(&url).await?;
    Ok((url, store))
}
