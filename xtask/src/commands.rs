//! One file per chore.

mod bench;
mod ci;
mod services;
mod stress;
mod test;

use std::process::ExitCode;

use anyhow::Result;

use crate::interrupt::Interrupt;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Run all tests against real services, and say what ran.
    Test(test::Arguments),
    /// Start the services that the tests need, print how to reach them, and stop them at Ctrl-C.
    Services(services::Arguments),
    /// Measure mink beside the raw drivers, and print the table.
    Bench(bench::Arguments),
    /// Run the whole check: format, lints, documentation, tests, book, dependencies.
    Ci(ci::Arguments),
    /// Prove under stress what the stores promise.
    #[command(subcommand)]
    Stress(stress::Stress),
    /// Kill appending processes and PostgreSQL servers at random, and look what is left.
    #[command(disable_help_flag = true)]
    Crash(stress::Passed),
}

impl Command {
    /// # Errors
    /// When the chore could not be done; that something is wrong with the project is an exit code.
    pub(crate) fn run(self, interrupt: &Interrupt) -> Result<ExitCode> {
        match self {
            Self::Test(arguments) => test::run(&arguments, interrupt),
            Self::Services(arguments) => services::run(&arguments, interrupt),
            Self::Bench(arguments) => bench::run(&arguments, interrupt),
            Self::Ci(arguments) => ci::run(&arguments, interrupt),
            Self::Stress(stress) => stress.run(interrupt),
            Self::Crash(passed) => stress::prove("crash", &passed, interrupt),
        }
    }
}
