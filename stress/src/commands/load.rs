use std::process::ExitCode;

use anyhow::Result;
use mink_stress::load::{LoadTimes, measure};
use mink_stress::server::{Server, drop_database};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many events the aggregate has.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How many events its snapshot is behind.
    #[arg(long, default_value_t = 99)]
    behind: u64,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { events, behind } = arguments;
    println!("an aggregate of {events} events, its snapshot {behind} events behind");
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite://{}", folder.path().join("load.db").display());
    show("SQLite", measure(&file, events, behind).await?);
    let server = Server::given_or_private()?;
    let url = server.create_database().await?;
    let times = measure(&url, events, behind).await;
    if let Server::Given(admin) = &server {
        drop_database(admin, &url).await?;
    }
    show("PostgreSQL", times?);
    Ok(ExitCode::SUCCESS)
}

fn show(store: &str, times: LoadTimes) {
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{store:<10}  without a snapshot {:>9.2} ms, with it {:>7.3} ms: {:>6.0} times as fast",
        ms(times.without),
        ms(times.with),
        times.ratio()
    );
}
