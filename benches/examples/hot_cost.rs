//! What a dispatch to a cached aggregate costs beside a bare append of the same event, in instructions of this process:
//! exact, whatever else the machine does.
//!
//! With the URL of a store it counts both with `valgrind --tool=callgrind` and prints them; with a URL, `dispatch` or
//! `append`, and a number it does that often.
//!
//! ```sh
//! cargo run --release -p mink-benches --example hot_cost -- sqlite:///tmp/hot.db
//! ```
#![allow(clippy::print_stdout, reason = "it prints a table")]

use std::process::Command as Process;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use mink::prelude::*;
use mink_benches::amount::Amount;
use mink_benches::contest::Side;
use mink_benches::side::{appends_hot, dispatches_hot};

/// What comes before is no part of the difference.
const FEW: u64 = 200;
const MANY: u64 = 1200;

async fn work(url: &str, what: &str, times: u64) -> Result<()> {
    let app = Arc::new(Mink::open(url).await?);
    let amount = Amount {
        most: times,
        turn: Duration::from_secs(3600),
        ..Amount::smoke()
    };
    let id = std::process::id();
    let contestant = match what {
        "dispatch" => dispatches_hot(Side::Mink, &app, id.into(), amount),
        "append" => appends_hot(Side::Same, &app, id.into(), amount),
        other => bail!("`{other}` is neither `dispatch` nor `append`"),
    };
    // valgrind and the clock of processor time do not get along
    contestant.work().await?;
    Ok(())
}

/// The instructions of a whole run.
fn instructions(url: &str, what: &str, times: u64) -> Result<u64> {
    let run = Process::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([url, what, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() {
        bail!("it failed:\n{said}");
    }
    let collected = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1))
        .with_context(|| format!("valgrind counted nothing:\n{said}"))?;
    Ok(collected.trim().parse()?)
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("the URL of a store is missing")?;
    if let (Some(what), Some(times)) = (arguments.next(), arguments.next()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        return runtime.block_on(work(&url, &what, times.parse()?));
    }
    for what in ["append", "dispatch"] {
        let more = instructions(&url, what, MANY)? - instructions(&url, what, FEW)?;
        println!("{what:<10} {:>9} instructions", more / (MANY - FEW));
    }
    Ok(())
}
