use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::cargo;
use crate::interrupt::Interrupt;

#[derive(clap::Subcommand)]
pub(crate) enum Stress {
    /// The feed on PostgreSQL: many writers, everything disturbed, nothing missed, doubled or out of order.
    #[command(disable_help_flag = true)]
    Feed(Passed),
    /// Commands with keys: copies from two processes, and processes killed before they answer.
    #[command(disable_help_flag = true)]
    Keys(Passed),
    /// How long a long aggregate takes to load, with a snapshot and without, on SQLite and PostgreSQL.
    #[command(disable_help_flag = true)]
    Load(Passed),
    /// Dispatches through restarts of PostgreSQL: every answer compared with what is stored.
    #[command(disable_help_flag = true)]
    Retry(Passed),
}

/// What is passed on as it is.
#[derive(clap::Args)]
pub(crate) struct Passed {
    /// Options of the proof, such as `--seed N`; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

impl Stress {
    pub(crate) fn run(&self, interrupt: &Interrupt) -> Result<ExitCode> {
        match self {
            Self::Feed(passed) => prove("feed", passed, interrupt),
            Self::Keys(passed) => prove("keys", passed, interrupt),
            Self::Load(passed) => prove("load", passed, interrupt),
            Self::Retry(passed) => prove("retry", passed, interrupt),
        }
    }
}

/// Runs a proof of `mink-stress`, built as it would be for production.
///
/// # Errors
/// When it cannot be run; that it fails is the exit code.
pub(crate) fn prove(name: &str, passed: &Passed, interrupt: &Interrupt) -> Result<ExitCode> {
    let mut command = cargo(&["run", "--quiet", "--release", "--package", "mink-stress"]);
    command.args(["--", name]).args(&passed.rest);
    let status = interrupt.run(command)?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
