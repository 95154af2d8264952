//! `cargo xtask`: the project's own chores.
#![allow(
    clippy::print_stdout,
    reason = "what a chore has to say goes to the terminal"
)]

mod book;
mod cargo;
mod commands;
mod interrupt;
mod totals;

use std::process::ExitCode;

use clap::Parser;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let outcome = cargo::enter_workspace()
        .and_then(|()| interrupt::Interrupt::catch())
        .and_then(|interrupt| line.command.run(&interrupt));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
