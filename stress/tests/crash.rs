//! Killed at random: acknowledged commits are there whole, all others whole or not at all.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::PathBuf;

use mink_stress::crash::{CrashReport, Crashes, ServerCrash, Target};
use mink_stress::server::{create_database, options};
use xtask::services::Postgres;

fn crashes(url: String) -> Crashes {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_mink-stress"));
    Crashes::new(Target::new(url), program, seed)
}

fn must_be_whole(report: &CrashReport) {
    println!("{report}");
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
    assert!(report.acknowledged > 0, "{report}");
    assert!(report.kills_in_flight > 0, "{report}");
    assert_eq!(report.refusals, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_acknowledged_commit_when_its_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let mut crashes = crashes(format!("sqlite://{}/store.db", directory.path().display()));
    for _ in 0..10 {
        crashes.kill_appender().await.unwrap();
    }
    must_be_whole(&crashes.finish());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_acknowledged_commit_when_a_process_or_the_server_is_killed() {
    let mut server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let mut crashes = crashes(url);
    for _ in 0..8 {
        crashes.kill_appender().await.unwrap();
    }
    for how in [ServerCrash::Kill9, ServerCrash::Immediate] {
        crashes.kill_server(&mut server, how).await.unwrap();
    }
    must_be_whole(&crashes.finish());
}
