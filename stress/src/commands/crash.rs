use std::process::ExitCode;

use anyhow::{Context, Result};
use mink_stress::crash::{CrashReport, Crashes, ServerCrash, Target};
use mink_stress::server::{create_database, options};
use xtask::services::Postgres;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often an appending process is killed, on each store.
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// How often the PostgreSQL server is killed in each of the two ways.
    #[arg(long, default_value_t = 10)]
    server_kills: u32,
    /// How many of the kills of processes must hit a commit in flight.
    #[arg(long, default_value_t = 30)]
    in_flight: u32,
    /// Only this store: `sqlite` or `postgres`.
    #[arg(long)]
    store: Option<String>,
    /// Decides when to kill. By chance otherwise.
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let program = std::env::current_exe().context("where is this program?")?;
    let wanted = |store: &str| arguments.store.as_deref().is_none_or(|only| only == store);
    let mut is_good = true;
    if wanted("sqlite") {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}/crash.db", directory.path().display());
        let mut crashes = Crashes::new(Target::new(url), program.clone(), seed);
        for _ in 0..arguments.kills {
            crashes.kill_appender().await?;
        }
        is_good &= print(
            "sqlite, process killed",
            &crashes.finish(),
            arguments.in_flight,
        );
    }
    if wanted("postgres") {
        let mut server = Postgres::start(options())?;
        let url = create_database(&server.url()).await?;
        println!(
            "PostgreSQL {}, {}",
            server.version(),
            durability(&url).await?
        );
        let mut crashes = Crashes::new(Target::new(url), program.clone(), seed);
        for _ in 0..arguments.kills {
            crashes.kill_appender().await?;
        }
        is_good &= print(
            "postgres, process killed",
            &crashes.finish(),
            arguments.in_flight,
        );
        for (name, how) in [
            ("postgres, server killed with -9", ServerCrash::Kill9),
            (
                "postgres, server stopped with -m immediate",
                ServerCrash::Immediate,
            ),
        ] {
            let url = create_database(&server.url()).await?;
            let mut crashes = Crashes::new(Target::new(url), program.clone(), seed);
            for _ in 0..arguments.server_kills {
                crashes.kill_server(&mut server, how).await?;
            }
            is_good &= print(name, &crashes.finish(), 0);
        }
    }
    println!("crash: {}", if is_good { "good" } else { "FAULTS" });
    Ok(match is_good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

async fn durability(url: &str) -> Result<String> {
    use sqlx::Connection;
    let mut conn = sqlx::PgConnection::connect(url).await?;
    let mut settings = Vec::new();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut conn)
            .await?;
        settings.push(format!("{name} = {value}"));
    }
    conn.close().await?;
    Ok(settings.join(", "))
}

fn print(name: &str, report: &CrashReport, in_flight: u32) -> bool {
    println!("{name}: {report}");
    for fault in report.faults.iter().take(20) {
        println!("FAULT {fault}");
    }
    for reason in report.refusals.iter().take(10) {
        println!("refused: {reason}");
    }
    let is_enough = report.kills_in_flight >= in_flight;
    if !is_enough {
        println!(
            "FAULT only {} kills hit a commit in flight, {in_flight} are wanted",
            report.kills_in_flight
        );
    }
    report.faults.is_empty() && is_enough
}
