use std::process::ExitCode;

use anyhow::Result;
use xtask::services::{POSTGRES_URL_VARIABLE, Postgres};

use crate::interrupt::Interrupt;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Stop when standard input ends, too.
    #[arg(long)]
    until_eof: bool,
    /// A setting of the server, as `synchronous_commit=off`. May be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}

pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<ExitCode> {
    let mut options = super::test::postgres_options();
    for (name, value) in &arguments.settings {
        options = options.setting(name, value);
    }
    let mut postgres = Postgres::start(options)?;
    println!("{POSTGRES_URL_VARIABLE}={}", postgres.url());
    eprintln!(
        "PostgreSQL {} runs until Ctrl-C; its log is {}",
        postgres.version(),
        postgres.log().display()
    );
    if arguments.until_eof {
        let interrupt = interrupt.clone();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            interrupt.ask();
        });
    }
    interrupt.wait();
    postgres.stop_fast()?;
    Ok(ExitCode::SUCCESS)
}
