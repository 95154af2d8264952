//! Prints one table: mink beside the raw driver.
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use mink_benches::amount::Amount;
use mink_benches::arena::{self, Arena, WorkName};
use mink_benches::contest::{Side, compete};
use mink_benches::machine;
use mink_benches::table::{Row, notes, table};

/// Mink beside the raw driver, as a ratio in one run.
#[derive(Parser)]
#[command(name = "mink-benches")]
struct CommandLine {
    /// Fewer and shorter rounds: enough to see what a change did.
    #[arg(long)]
    quick: bool,
    /// Only this store. May be given several times.
    #[arg(long, value_name = "STORE", value_parser = ["memory", "sqlite", "postgres"])]
    store: Vec<String>,
    /// Only works with this in their name, as `OneByOne`, `ManyTasks`, `InBatches`, `Hot`, `Load`, `Scan`.
    #[arg(long, value_name = "WORK")]
    work: Vec<String>,
    /// Only contestants of this side, to look at it with a profiler: the table then has no ratios.
    #[arg(long, value_name = "SIDE", value_parser = ["mink", "raw", "bare"])]
    side: Vec<String>,
    /// How many rounds.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where SQLite's files go. The disk decides what a flush costs; in memory it costs nothing.
    #[arg(long, value_name = "DIRECTORY", default_value = "target")]
    directory: PathBuf,
    /// The PostgreSQL server, on which databases are made and dropped again. `cargo xtask bench` starts one.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
}

impl CommandLine {
    fn wants_store(&self, store: &str) -> bool {
        self.store.is_empty() || self.store.iter().any(|wanted| wanted == store)
    }

    fn wants_side(&self, side: Side) -> bool {
        let name = match side {
            Side::Mink => "mink",
            Side::Same | Side::Ungrouped => "raw",
            Side::Bare => "bare",
        };
        self.side.is_empty() || self.side.iter().any(|wanted| wanted == name)
    }

    fn wants_work(&self, work: WorkName) -> bool {
        let name = format!("{work:?}");
        self.work.is_empty() || self.work.contains(&name)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let line = CommandLine::parse();
    let mut amount = if line.quick {
        Amount::quick()
    } else {
        Amount::full()
    };
    amount.rounds = line.rounds.unwrap_or(amount.rounds).max(1);

    println!("{}", machine::facts());
    let mut rows = Vec::new();
    if line.wants_store("memory") {
        run(
            &line,
            amount,
            arena::memory::prepare(amount).await?,
            &mut rows,
        )
        .await?;
    }
    if line.wants_store("sqlite") {
        let arena = arena::sqlite::prepare(amount, &line.directory).await?;
        run(&line, amount, arena, &mut rows).await?;
    }
    if line.wants_store("postgres") {
        let Some(url) = &line.postgres else {
            bail!(
                "no PostgreSQL server is named: use `cargo xtask bench`, which starts one, or --postgres URL"
            );
        };
        let (arena, made) = arena::postgres::prepare(amount, url).await?;
        run(&line, amount, arena, &mut rows).await?;
        made.remove().await?;
    }
    if rows.is_empty() {
        bail!("nothing was asked for");
    }
    println!(
        "\n{} rounds of {} ms each; medians, quartiles in brackets; ratios are taken round by round; CPU is this process's, microseconds for an event, mink / raw\n",
        amount.rounds,
        amount.turn.as_millis()
    );
    println!("{}\n{}", table(&rows, &amount), notes(&rows, &amount));
    Ok(())
}

async fn run(line: &CommandLine, amount: Amount, arena: Arena, rows: &mut Vec<Row>) -> Result<()> {
    println!("{}", arena.settings);
    for event in arena.events {
        let work = event.work;
        if !line.wants_work(work) {
            continue;
        }
        eprintln!("{}: {}", arena.store, work.title(&amount));
        let mut contestants = event.contestants().await?;
        contestants.retain(|contestant| line.wants_side(contestant.side));
        rows.push(Row {
            store: arena.store,
            work,
            scores: compete(&contestants, amount.rounds).await?,
        });
    }
    Ok(())
}
