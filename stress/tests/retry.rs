//! Stores that go away for seconds amid dispatches, and what was answered.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mink::bus::DispatchOptions;
use mink::bus::layers::RetryLayer;
use mink::prelude::*;
use mink_runtime::id::EventId;
use mink_sqlite::SqliteStore;
use mink_stress::proxy::{Cut, Proxy};
use mink_stress::retry::{
    Answer, PassOn, RetryReport, RetryRun, Write, judge, registry, stored_in_postgres,
    stored_in_sqlite,
};
use mink_stress::server::{Server, create_database, drop_database, options};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::task::JoinSet;
use xtask::services::Postgres;

fn run(dispatches: u64, restarts: u32) -> RetryRun {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    RetryRun {
        dispatches,
        tasks: 16,
        pages: 20,
        restarts,
        away: Duration::from_millis(1500),
        patience: None,
        seed,
        limit: Duration::from_secs(240),
    }
}

async fn report_of(run: RetryRun) -> RetryReport {
    let server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let report = run.run(&url, server).await.unwrap();
    println!("{:#?}\n{}", report.reasons, report.line());
    assert_eq!(report.wrong(), Vec::<String>::new());
    assert!(report.in_flight > 0, "no restart met a dispatch");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn dispatches_amid_restarts_of_postgres_are_all_accepted_and_stored_once() {
    let report = report_of(run(1200, 3)).await;
    assert_eq!(report.verdict.ok, 1200, "{}", report.line());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_patience_the_errors_tell_the_truth_and_a_key_settles_what_they_leave_open() {
    let impatient = RetryRun {
        patience: Some(Duration::ZERO),
        ..run(1200, 2)
    };
    let report = report_of(impatient).await;
    assert!(report.verdict.unknown > 0, "{}", report.line());
    assert!(report.verdict.nothing > 0, "{}", report.line());
    assert!(report.settled > 0, "{}", report.line());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_again_without_a_key_what_may_have_happened_does_it_twice_and_is_found_out() {
    let server = Server::given_or_private().unwrap();
    let direct = server.create_database().await.unwrap();
    let proxy = Proxy::start(&direct).await.unwrap();
    let app = Mink::builder()
        .url(proxy.url())
        .registry(registry())
        .patience(Duration::ZERO)
        .open()
        .await
        .unwrap();
    let write = |number| Write { page_id: 1, number };
    // the statement is prepared, and what is cut off is its answer
    for number in [0, 2] {
        app.dispatch(write(number)).await.unwrap();
    }
    proxy.cut_next(Cut::BeforeAnswer, "WITH grown");
    let unknown = app.dispatch(write(1)).await.unwrap_err();
    assert!(unknown.is_outcome_unknown(), "{unknown}");
    let again = app.dispatch(write(1)).await.unwrap();
    app.shutdown().await.unwrap();
    let stored = stored_in_postgres(&direct).await.unwrap();
    let ours: Vec<_> = stored
        .into_iter()
        .filter(|event| event.number == 1)
        .collect();
    let answers = BTreeMap::from([(1, Answer::Ok(again.event_ids()[0]))]);
    let verdict = judge(&answers, &ours);
    assert_eq!((verdict.doubled, verdict.lost), (1, 0), "{verdict:?}");
    drop(proxy);
    if let Server::Given(admin) = &server {
        drop_database(admin, &direct).await.unwrap();
    }
}

/// With a key or without, to an aggregate or through a free-standing handler.
async fn dispatch(app: &Mink, number: u64) -> EventId {
    let mut options = DispatchOptions::new();
    let keyed = number.is_multiple_of(2);
    if keyed {
        options = options.idempotency_key(number.to_string());
    }
    let page = number % 5;
    if number % 8 >= 6 {
        let pass_on = PassOn {
            page,
            number,
            keyed,
        };
        return app.dispatch_with(pass_on, options).await.unwrap().event;
    }
    let write = Write {
        page_id: page,
        number,
    };
    app.dispatch_with(write, options).await.unwrap().event_ids()[0]
}

/// Another process that holds the write lock of the file, from when this returns on.
async fn hold(url: &str, time: Duration) -> tokio::process::Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mink-stress"))
        .args(["hold", "--url", url, "--ms", &time.as_millis().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(said.next_line().await.unwrap().as_deref(), Some("locked"));
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn dispatches_to_a_sqlite_file_that_another_process_holds_for_seconds_are_accepted_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/held.db", folder.path().display());
    // the store itself gives up soon: what is left is the work of whoever submits
    let impatient = SqliteStore::builder(&url).busy_timeout(Duration::from_millis(200));
    let app = Mink::builder()
        .storage(impatient.open().await.unwrap())
        .registry(registry())
        .layer(RetryLayer::new())
        .open()
        .await
        .unwrap();
    let first = dispatch(&app, 0).await;
    let mut answers = BTreeMap::from([(0, Answer::Ok(first))]);

    let time = Duration::from_secs(3);
    let began = Instant::now();
    let mut holder = hold(&url, time).await;
    let mut dispatches = JoinSet::new();
    for number in 1..50 {
        let app = app.clone();
        dispatches.spawn(async move { (number, dispatch(&app, number).await) });
    }
    while let Some(done) = dispatches.join_next().await {
        let (number, event) = done.unwrap();
        answers.insert(number, Answer::Ok(event));
    }
    assert!(began.elapsed() >= time, "it was not held meanwhile");
    assert!(holder.wait().await.unwrap().success());
    app.shutdown().await.unwrap();

    let verdict = judge(&answers, &stored_in_sqlite(&url).await.unwrap());
    assert!(verdict.is_good(), "{verdict:?}");
    assert_eq!(verdict.ok, 50);
}
