//! One file per proof.

mod crash;
mod feed;
mod keys;
mod load;
mod retry;
mod writer;

use std::process::ExitCode;

use anyhow::Result;
use mink_stress::crash::{AppenderOptions, run_appender};
use mink_stress::keys::{HolderOptions, run_holder};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Write to PostgreSQL in every way while everything is disturbed, and compare the feed with the table.
    Feed(feed::Arguments),
    /// Kill appending processes and servers, and look what is left.
    Crash(crash::Arguments),
    /// Send copies of commands with keys from two processes, and kill processes before they answer.
    Keys(keys::Arguments),
    /// Measure how long a long aggregate takes to load, with a snapshot and without.
    Load(load::Arguments),
    /// Restart PostgreSQL amid thousands of dispatches, and compare every answer with what is stored.
    Retry(retry::Arguments),
    /// Hold SQLite's write lock for a while: another process that is in the way.
    #[command(hide = true)]
    Hold(retry::Hold),
    /// Append until killed: the child of `crash`.
    #[command(hide = true)]
    Appender(AppenderOptions),
    /// Dispatch what it is told until killed: the child of `keys`.
    #[command(hide = true)]
    Holder(HolderOptions),
    /// Write until killed: the child of `feed`.
    #[command(hide = true)]
    Writer(writer::Arguments),
}

impl Command {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Feed(arguments) => return feed::run(arguments).await,
            Self::Crash(arguments) => return crash::run(arguments).await,
            Self::Keys(arguments) => return keys::run(arguments).await,
            Self::Load(arguments) => return load::run(arguments).await,
            Self::Retry(arguments) => return retry::run(arguments).await,
            Self::Hold(arguments) => retry::hold(arguments).await?,
            Self::Appender(options) => run_appender(options).await?,
            Self::Holder(options) => run_holder(options).await?,
            Self::Writer(arguments) => writer::run(arguments).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
