//! The command line.

use std::io;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use mink::Mink;

use crate::import::import;
use crate::ledger::{Ledger, LedgerError};
use crate::output;
use crate::report::{ReportError, report};

/// Imports a shop's ledger as events, and reports its revenue.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Record every invoice of a ledger. Safe to repeat: what is recorded already is not recorded again.
    Import {
        /// A CSV file with the columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID,
        /// Country; in UTF-8 or Latin-1.
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Show orders, lines and net revenue per country.
    Report {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Common {
    /// Where the events are: sqlite://FILE or postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "URL", default_value = "sqlite://retail.db")]
    store: String,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The file is not a ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The store.
    #[error(transparent)]
    Store(#[from] mink::Error),
    /// The report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The answer could not be printed.
    #[error("cannot print: {0}")]
    Output(#[from] io::Error),
}

/// Does what the arguments say.
///
/// # Errors
/// [`Failure`], whose text is for people. Rows that were refused are no failure.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut out = io::stdout();
    match arguments.command {
        Command::Import { file, common } => {
            let ledger = Ledger::read(&file)?;
            let app = open(&common.store).await?;
            let bar = progress_bar(&ledger, common.json);
            let imported = import(&app, ledger, |rows| bar.inc(rows as u64)).await;
            bar.finish_and_clear();
            app.shutdown().await?;
            let imported = imported?;
            match common.json {
                true => output::json(&mut out, &imported)?,
                false => output::imported(&mut out, &imported)?,
            }
        }
        Command::Report { common } => {
            let app = open(&common.store).await?;
            let report = report(&app).await;
            app.shutdown().await?;
            let report = report?;
            match common.json {
                true => output::json(&mut out, &report)?,
                false => output::report(&mut out, &report)?,
            }
        }
    }
    Ok(())
}

async fn open(store: &str) -> mink::Result<Mink> {
    Ok(Mink::open(store).await?)
}

/// Drawn on the standard error, and only when that is a terminal.
fn progress_bar(ledger: &Ledger, hidden: bool) -> ProgressBar {
    if hidden {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} rows  {per_sec}  {eta} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(ledger.rows as u64)
        .with_style(style)
        .with_message(ledger.encoding)
}
