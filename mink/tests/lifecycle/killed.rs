//! A process that is killed in the middle of a change.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mink::archive::FileArchive;
use mink::prelude::*;
use mink::storage::RecordedEvent;

use crate::domain::{Account, Carried, Deposited, another, carry, events, feed, registry};

/// Where the process that is killed finds the store and the archive.
const FOLDER: &str = "MINK_TEST_LIFECYCLE_FOLDER";
const STREAMS: u64 = 12;
const EVENTS: u64 = 40;

async fn open(folder: &Path) -> Mink {
    let url = format!("sqlite://{}", folder.join("store.db").display());
    let builder = Mink::builder().url(&url).registry(registry());
    builder.open().await.unwrap()
}

fn archive_in(folder: &Path) -> FileArchive {
    FileArchive::new(folder.join("archive"))
}

/// The even ones are archived and restored, the odd ones compacted.
async fn round(app: &Mink, archive: &FileArchive) -> mink::Result<()> {
    for id in 0..STREAMS {
        let lifecycle = app.lifecycle::<Account>(id)?;
        if id % 2 == 0 {
            lifecycle.archive_before(EVENTS / 2, archive).await?;
            lifecycle.archive_all(archive).await?;
            lifecycle.restore(archive).await?;
        } else {
            lifecycle.compact_into(archive, carry).await?;
        }
    }
    Ok(())
}

/// Not a test of its own: what the processes do that are killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let (app, archive) = (open(folder).await, archive_in(folder));
    println!("at work");
    loop {
        round(&app, &archive).await.unwrap();
        for id in (1..STREAMS).step_by(2) {
            let lifecycle = app.lifecycle::<Account>(id).unwrap();
            lifecycle.restore(&archive).await.unwrap();
        }
    }
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "killed::the_process_that_is_killed",
            "--exact",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets the process come to work, and kills it a little later.
fn kill_after(mut child: Child, time: Duration) {
    use std::io::BufRead;
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let at_work = output
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("at work"));
    assert!(at_work, "the process ended: {:?}", child.wait());
    let end = Instant::now() + time;
    while Instant::now() < end {
        std::hint::spin_loop();
    }
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn everything(app: &Mink) -> Vec<Vec<RecordedEvent>> {
    let mut all = Vec::new();
    for id in 0..STREAMS {
        all.push(events(app, &id.to_string()).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_anywhere_loses_nothing_and_is_finished_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let app = open(folder).await;
    for id in 0..STREAMS {
        let deposits: Vec<_> = (0..EVENTS).map(|cents| Deposited { cents }).collect();
        app.append::<Account>(id, ExpectedVersion::NoStream, deposits)
            .await
            .unwrap();
    }
    let whole = everything(&app).await;
    let cents: u64 = (0..EVENTS).sum();
    let mut seed = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos() as u64;
    println!("seed {seed}");
    let mut in_between = 0;
    for kill in 0..20 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        kill_after(start(folder), Duration::from_micros((seed >> 33) % 120_000));

        let app = another(&app).await;
        let archive = archive_in(folder);
        for id in 0..STREAMS {
            let info = app.lifecycle::<Account>(id).unwrap().info().await.unwrap();
            in_between += u32::from(info.archived && id % 2 == 0);
        }
        round(&app, &archive).await.unwrap();
        for id in 0..STREAMS {
            let account = app.load::<Account>(id).await.unwrap();
            assert_eq!(
                (account.cents, account.deposits),
                (cents, EVENTS),
                "kill {kill}: account {id}"
            );
            let lifecycle = app.lifecycle::<Account>(id).unwrap();
            lifecycle.restore(&archive).await.unwrap();
        }
        for (now, before) in everything(&app).await.iter().zip(&whole) {
            assert_eq!(now[..before.len()], before[..], "kill {kill}");
            let summaries = &now[before.len()..];
            let is_one = |event: &RecordedEvent| &*event.event_type == Carried::NAME;
            assert!(
                summaries.len() <= 1 && summaries.iter().all(is_one),
                "kill {kill}: {} summaries",
                summaries.len()
            );
        }
        let (delivered, skipped) = feed(&app).await;
        assert_eq!(skipped, 0, "kill {kill}");
        let positions = delivered.iter().map(|event| event.position.0);
        assert!(positions.eq(1..=delivered.len() as u64), "kill {kill}");
    }
    println!("{in_between} accounts were in the archive when their process was killed");
    assert!(in_between > 0, "no kill came in between");
}
