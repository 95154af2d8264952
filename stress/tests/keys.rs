//! Commands with keys, raced by two processes and killed before their answers.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::{Path, PathBuf};

use mink::storage::MemoryStore;
use mink_stress::keys::{Effects, Here, HolderOptions, Kills, Process, Race, Verdict, kill, race};
use mink_stress::server::{Server, drop_database};

const RACE: Race = Race {
    rounds: 6,
    copies: 50,
};

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_mink-stress"))
}

fn options(url: &str, folder: &Path, without_keys: bool) -> HolderOptions {
    HolderOptions {
        url: url.to_owned(),
        outside: folder.join("outside"),
        without_keys,
    }
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}/keys.db", folder.display())
}

fn must_be_good(verdict: &Verdict) {
    println!("{verdict}");
    assert!(verdict.is_good(), "{verdict}: {:#?}", verdict.faults);
}

async fn raced(url: &str, without_keys: bool) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let options = options(url, folder.path(), without_keys);
    let mut here = Process::start(&program(), &options).unwrap();
    let mut there = Process::start(&program(), &options).unwrap();
    let records = race(RACE, &mut [&mut here, &mut there]).unwrap();
    let effects = Effects::read(url, &options.outside).await.unwrap();
    Verdict::of(&records, &effects)
}

async fn killed(url: &str, kills: usize, without_keys: bool) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let options = options(url, folder.path(), without_keys);
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    kill(Kills { kills, seed }, &program(), &options)
        .await
        .unwrap()
}

/// Runs a proof on a database of its own.
async fn on_postgres(proof: impl AsyncFnOnce(&str) -> Verdict) -> Verdict {
    let server = Server::given_or_private().unwrap();
    let url = server.create_database().await.unwrap();
    let verdict = proof(&url).await;
    if let Server::Given(admin) = &server {
        drop_database(admin, &url).await.unwrap();
    }
    verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_copies_in_two_applications_have_one_effect_and_one_answer_in_memory() {
    let store = MemoryStore::new();
    let mut here = Here::open(&store, true).await.unwrap();
    let mut there = Here::open(&store, true).await.unwrap();
    let records = race(RACE, &mut [&mut here, &mut there]).unwrap();
    let effects = Effects::of_memory(&store, &records).await.unwrap();
    must_be_good(&Verdict::of(&records, &effects));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_copies_in_two_processes_have_one_effect_and_one_answer_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    must_be_good(&raced(&sqlite(folder.path()), false).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_copies_in_two_processes_have_one_effect_and_one_answer_on_postgres() {
    must_be_good(&on_postgres(async |url| raced(url, false).await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_process_is_killed_takes_effect_once_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let verdict = killed(&sqlite(folder.path()), 10, false).await;
    must_be_good(&verdict);
    assert!(verdict.in_flight > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_process_is_killed_takes_effect_once_on_postgres() {
    let verdict = on_postgres(async |url| killed(url, 10, false).await).await;
    must_be_good(&verdict);
    assert!(verdict.in_flight > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_the_proof_finds_doubled_effects_and_unequal_answers() {
    let folder = tempfile::tempdir().unwrap();
    let raced = raced(&sqlite(folder.path()), true).await;
    println!("{raced}");
    assert!(raced.doubled > 0 && raced.unequal > 0, "{raced}");
    assert!(raced.ran_again > 0 && !raced.is_good(), "{raced}");
    let folder = tempfile::tempdir().unwrap();
    let killed = killed(&sqlite(folder.path()), 4, true).await;
    println!("{killed}");
    assert!(killed.doubled > 0 && killed.unequal > 0, "{killed}");
}
