//! The child process: appends from several tasks and tells its parent what it does.

use std::io::{Read, Write as _};
use std::sync::Arc;

use anyhow::{Context, Result};
use fastrand::Rng;
use mink_runtime::app::Mink;
use mink_runtime::storage::{Storage, open};
use mink_sqlite::{Durability, SqliteStore};

use super::ledger::{Fate, Line};
use crate::domain::registry;
use crate::plan::{Plan, TENANT};

/// What the child does.
#[derive(Debug, Clone, clap::Args)]
pub struct AppenderOptions {
    /// The store.
    #[arg(long)]
    pub url: String,
    /// Decides what is appended.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many tasks append at the same time.
    #[arg(long, default_value_t = 8)]
    pub tasks: usize,
    /// Ends after each task appended so many commits; goes on until it is killed otherwise.
    #[arg(long)]
    pub commits: Option<u64>,
    /// Opens SQLite with durability off: for showing that a checker notices.
    #[arg(long)]
    pub no_sync: bool,
}

/// Appends until it is killed, or its standard input ends, which is when its parent is gone.
///
/// # Errors
/// When the store cannot be opened, or the parent no longer listens.
pub async fn run(options: AppenderOptions) -> Result<()> {
    end_with_parent();
    let storage: Arc<dyn Storage> = if options.no_sync {
        Arc::new(
            SqliteStore::builder(&options.url)
                .durability(Durability::Off)
                .open()
                .await?,
        )
    } else {
        open(&options.url).await?
    };
    let app = Mink::builder()
        .shared_storage(storage)
        .registry(registry())
        .open()
        .await?;
    let tenant = app.tenant(TENANT)?;
    let tasks: Vec<_> = (0..options.tasks)
        .map(|task| {
            let mut rng = Rng::with_seed(options.seed.wrapping_mul(1000).wrapping_add(task as u64));
            let (app, tenant) = (app.clone(), tenant.clone());
            let commits = options.commits.unwrap_or(u64::MAX);
            tokio::spawn(async move {
                for _ in 0..commits {
                    let plan = Plan::next(&mut rng, &format!("w{task}"), 4);
                    let commit = plan.commit.clone();
                    tell(&Line::Announced(commit.clone(), plan.events()))?;
                    let line = match plan.submit(&app, &tenant).await {
                        Ok(()) => {
                            let now = chrono::Utc::now().timestamp_micros();
                            Line::Answered(commit, Fate::Acknowledged(now), String::new())
                        }
                        Err(failed) => {
                            let fate = match failed.unknown {
                                true => Fate::Unknown,
                                false => Fate::Refused,
                            };
                            Line::Answered(commit, fate, failed.reason)
                        }
                    };
                    tell(&line)?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    app.shutdown().await?;
    Ok(())
}

/// One line in one write, which a pipe takes whole or not at all.
fn tell(line: &Line) -> Result<()> {
    let mut pipe = std::io::stdout().lock();
    pipe.write_all(line.encode().as_bytes())
        .and_then(|()| pipe.flush())
        .context("the parent no longer listens")
}

/// Ends the process when its standard input does.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let mut nothing = [0; 64];
        while matches!(std::io::stdin().read(&mut nothing), Ok(1..)) {}
        std::process::exit(1);
    });
}
