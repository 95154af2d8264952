use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use mink_stress::feed::{Counts, FeedRun, tick_cost};
use mink_stress::server::{Server, drop_database};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many events to write, at least.
    #[arg(long, default_value_t = 200_000)]
    events: usize,
    /// Decides what is written and when things happen. By chance otherwise.
    #[arg(long)]
    seed: Option<u64>,
    /// Do not restart the server in the middle: the server of `MINK_TEST_POSTGRES_URL` cannot be.
    #[arg(long)]
    no_restart: bool,
    /// The longest time from an acknowledgement to its delivery that is accepted, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    lag_limit_ms: u64,
    /// Measure what a turn at the sequencer costs with a million events behind one open transaction, instead.
    #[arg(long)]
    tick_cost: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    if arguments.tick_cost {
        return cost().await;
    }
    let server = Server::given_or_private()?;
    if matches!(server, Server::Given(_)) && !arguments.no_restart {
        bail!(
            "the server of MINK_TEST_POSTGRES_URL is not ours to restart: unset the variable to run on a private one, or say --no-restart"
        );
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let run = FeedRun {
        events: arguments.events,
        seed,
        program: std::env::current_exe().context("where is this program?")?,
        writers: Counts {
            through_app: 6,
            in_own: 6,
            late: 2,
        },
        children: 3,
        shared: 64,
        terminate_every: Duration::from_millis(400),
        patience: Duration::from_secs(1800),
    };
    let url = server.create_database().await?;
    let report = match server {
        Server::Given(admin) => {
            println!("the server was not restarted (--no-restart)");
            let report = run.run(&url, None).await;
            drop_database(&admin, &url).await?;
            report?
        }
        Server::Private(mut postgres) => {
            let restarted = (!arguments.no_restart).then_some(&mut *postgres);
            run.run(&url, restarted).await?
        }
    };
    for sentence in &report.told {
        println!("{sentence}");
    }
    let mut wrong = report.wrong();
    if report.max_lag_ms > arguments.lag_limit_ms {
        wrong.push(format!("the longest lag is {} ms", report.max_lag_ms));
    }
    for fault in &wrong {
        println!("FAULT {fault}");
    }
    println!("{}", report.line());
    Ok(match wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

async fn cost() -> Result<ExitCode> {
    let server = Server::private()?;
    let url = server.create_database().await?;
    let costs = tick_cost::measure(&url, &[10_000, 100_000, 1_000_000]).await?;
    println!("events behind the open transaction  blocks per turn of 10 events  per idle turn");
    for cost in &costs {
        println!(
            "{:>35}  {:>28}  {:>13}",
            cost.behind, cost.blocks, cost.idle_blocks
        );
    }
    let is_flat = tick_cost::is_flat(&costs);
    println!("tick cost: {}", if is_flat { "flat" } else { "GROWS" });
    Ok(match is_flat {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
