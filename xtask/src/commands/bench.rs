use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use xtask::services::{Postgres, PostgresOptions};

use crate::cargo::{cargo, succeed};
use crate::interrupt::Interrupt;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where both databases keep their files: the disk decides what a flush costs. SQLite's are in `target` and
    /// PostgreSQL's in the system's temporary directory otherwise.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// A server that is already there, rather than a private one. Databases are made on it and dropped again.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// For the benchmark: `--quick`, `--store sqlite`, `--work Load` and the like.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds before it starts the server, so that nothing competes with what is measured.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<ExitCode> {
    succeed(
        interrupt,
        cargo(&["build", "--release", "--package", "mink-benches"]),
    )?;
    let mut command = cargo(&["run", "--quiet", "--release", "--package", "mink-benches"]);
    command.arg("--").args(&arguments.rest);
    if let Some(directory) = &arguments.directory {
        command.arg("--directory").arg(directory);
    }
    let mut private = None;
    let url = match &arguments.postgres {
        Some(url) => url.clone(),
        None => {
            // Beside each other: the hand-written side with up to 32 connections, thrice, and mink's stores.
            let mut options = PostgresOptions::new().setting("max_connections", "200");
            if let Some(directory) = &arguments.directory {
                options = options.under(directory);
            }
            private.insert(Postgres::start(options)?).url()
        }
    };
    command.arg("--postgres").arg(url);
    succeed(interrupt, command)?;
    if let Some(mut server) = private {
        server.stop_fast()?;
    }
    Ok(ExitCode::SUCCESS)
}
