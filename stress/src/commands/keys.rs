use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use mink::storage::MemoryStore;
use mink_stress::keys::{
    Effects, Here, HolderOptions, Kills, Node, Process, Race, Verdict, kill, race,
};
use mink_stress::server::{Server, drop_database};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many rounds of racing copies on each store; each has one command of each kind.
    #[arg(long, default_value_t = 50)]
    rounds: usize,
    /// How many copies of each command race, over both processes.
    #[arg(long, default_value_t = 50)]
    copies: usize,
    /// How many processes are killed on each store that outlives them.
    #[arg(long, default_value_t = 100)]
    kills: usize,
    /// How many of the kills on each store must hit a command that is not answered.
    #[arg(long, default_value_t = 50)]
    in_flight: usize,
    /// Only this store: `memory`, `sqlite` or `postgres`.
    #[arg(long)]
    store: Option<String>,
    /// Decides when to kill. By chance otherwise.
    #[arg(long)]
    seed: Option<u64>,
    /// Leaves the keys out: must find faults.
    #[arg(long)]
    without_keys: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let program = std::env::current_exe().context("where is this program?")?;
    let wanted = |store: &str| arguments.store.as_deref().is_none_or(|only| only == store);
    let mut total = Verdict::default();
    if wanted("memory") {
        let verdict = in_memory(&arguments).await?;
        total = total.and(print("memory, two applications", verdict));
    }
    if wanted("sqlite") {
        let folder = tempfile::tempdir()?;
        let url = |name| format!("sqlite://{}/{name}.db", folder.path().display());
        let raced = two_processes(&arguments, url("race"), &program).await?;
        total = total.and(print("sqlite, two processes", raced));
        let killed = killed(&arguments, url("kill"), &program, seed).await?;
        total = total.and(print("sqlite, processes killed", killed));
    }
    if wanted("postgres") {
        let server = Server::given_or_private()?;
        let (race, kill) = (
            server.create_database().await?,
            server.create_database().await?,
        );
        let raced = two_processes(&arguments, race.clone(), &program).await?;
        total = total.and(print("postgres, two processes", raced));
        let killed = killed(&arguments, kill.clone(), &program, seed).await?;
        total = total.and(print("postgres, processes killed", killed));
        if let Server::Given(admin) = &server {
            drop_database(admin, &race).await?;
            drop_database(admin, &kill).await?;
        }
    }
    for fault in total.faults.iter().take(20) {
        println!("FAULT {fault}");
    }
    println!("keys: {total}");
    Ok(match total.is_good() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn print(name: &str, verdict: Verdict) -> Verdict {
    println!("{name}: {verdict}");
    verdict
}

impl Arguments {
    fn race(&self) -> Race {
        Race {
            rounds: self.rounds,
            copies: self.copies,
        }
    }

    fn options(&self, url: String, folder: &Path) -> HolderOptions {
        HolderOptions {
            url,
            outside: folder.join("outside"),
            without_keys: self.without_keys,
        }
    }
}

async fn in_memory(arguments: &Arguments) -> Result<Verdict> {
    let store = MemoryStore::new();
    let keyed = !arguments.without_keys;
    let mut here = Here::open(&store, keyed).await?;
    let mut there = Here::open(&store, keyed).await?;
    let records = race(arguments.race(), &mut [&mut here, &mut there])?;
    let effects = Effects::of_memory(&store, &records).await?;
    Ok(Verdict::of(&records, &effects))
}

async fn two_processes(arguments: &Arguments, url: String, program: &Path) -> Result<Verdict> {
    let folder = tempfile::tempdir()?;
    let options = arguments.options(url, folder.path());
    let mut here = Process::start(program, &options)?;
    let mut there = Process::start(program, &options)?;
    let nodes: &mut [&mut dyn Node] = &mut [&mut here, &mut there];
    let records = race(arguments.race(), nodes)?;
    let effects = Effects::read(&options.url, &options.outside).await?;
    Ok(Verdict::of(&records, &effects))
}

async fn killed(arguments: &Arguments, url: String, program: &Path, seed: u64) -> Result<Verdict> {
    let folder = tempfile::tempdir()?;
    let options = arguments.options(url, folder.path());
    let kills = Kills {
        kills: arguments.kills,
        seed,
    };
    let mut killed = kill(kills, program, &options).await?;
    let wanted = arguments.in_flight.min(arguments.kills);
    if killed.in_flight < wanted {
        killed.faults.push(format!(
            "only {} kills hit a command that was not answered, {wanted} are wanted",
            killed.in_flight
        ));
    }
    Ok(killed)
}
