use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use mink_stress::crash::end_with_parent;
use mink_stress::retry::RetryRun;
use mink_stress::server::Server;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many commands are dispatched.
    #[arg(long, default_value_t = 10_000)]
    dispatches: u64,
    /// By how many tasks.
    #[arg(long, default_value_t = 32)]
    tasks: usize,
    /// How often the server is restarted: stopped in order, stopped at once and killed in turn.
    #[arg(long, default_value_t = 6)]
    restarts: u32,
    /// The longest that it stays away before it is started again, in milliseconds.
    #[arg(long, default_value_t = 5000)]
    away_ms: u64,
    /// How long the applications go on trying while the server is away, in milliseconds; as they do by default unless said.
    #[arg(long)]
    patience_ms: Option<u64>,
    /// Decides what is dispatched and when the server goes. By chance otherwise.
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let server = Server::private()?;
    let url = server.create_database().await?;
    let server = server
        .into_private()
        .context("the server is not ours to restart")?;
    let run = RetryRun {
        dispatches: arguments.dispatches,
        tasks: arguments.tasks,
        pages: 50,
        restarts: arguments.restarts,
        away: Duration::from_millis(arguments.away_ms),
        patience: arguments.patience_ms.map(Duration::from_millis),
        seed,
        limit: Duration::from_secs(1800),
    };
    let report = run.run(&url, server).await?;
    for (reason, count) in &report.reasons {
        println!("{count} x {reason}");
    }
    let wrong = report.wrong();
    for fault in &wrong {
        println!("FAULT {fault}");
    }
    println!("{}", report.line());
    Ok(match wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

#[derive(clap::Args)]
pub(crate) struct Hold {
    /// The SQLite file.
    #[arg(long)]
    url: String,
    /// How long its lock is held, in milliseconds.
    #[arg(long)]
    ms: u64,
}

/// Says `locked` when it has the lock.
pub(crate) async fn hold(arguments: Hold) -> Result<()> {
    end_with_parent();
    let options: SqliteConnectOptions = arguments.url.parse()?;
    let mut conn = options
        .busy_timeout(Duration::from_secs(30))
        .connect()
        .await?;
    let transaction = conn.begin_with("BEGIN IMMEDIATE").await?;
    println!("locked");
    std::io::stdout().flush()?;
    tokio::time::sleep(Duration::from_millis(arguments.ms)).await;
    transaction.rollback().await?;
    conn.close().await?;
    Ok(())
}
