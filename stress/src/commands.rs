//! One file per proof.

mod crash;

use std::process::ExitCode;

use anyhow::Result;
use mink_stress::crash::{AppenderOptions, run_appender};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Kill appending processes and servers, and look what is left.
    Crash(crash::Arguments),
    /// Append until killed: the child of `crash`.
    #[command(hide = true)]
    Appender(AppenderOptions),
}

impl Command {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Crash(arguments) => crash::run(arguments).await,
            Self::Appender(options) => {
                run_appender(options).await?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
