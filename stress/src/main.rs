//! `mink-stress`: runs the proofs from the command line, and is the child process that they kill.
#![allow(
    clippy::print_stdout,
    reason = "what a proof has to say goes to the terminal"
)]

mod commands;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "mink-stress")]
struct CommandLine {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(line.command.run()));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
