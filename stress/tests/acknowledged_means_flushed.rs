//! No acknowledgement precedes its flush, and the judge that says so notices when one does.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::Path;
use std::process::Command;

use mink_stress::crash::{Appender, Ledger, Target};
use mink_stress::flush::{FlushReport, Tracer, arguments, check, parse, strace};
use mink_stress::server::{create_database, options};
use sqlx::{Connection, Executor, PgConnection};
use xtask::services::Postgres;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mink-stress");
const TASKS: usize = 4;
const COMMITS: u64 = 12;

fn sqlite(no_sync: bool) -> FlushReport {
    strace().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("trace");
    let url = format!("sqlite://{}/store.db", directory.path().display());
    let mut command = Command::new("strace");
    command
        .args(arguments(&output))
        .args([PROGRAM, "appender", "--url", &url])
        .args(["--tasks", &TASKS.to_string()])
        .args(["--commits", &COMMITS.to_string()]);
    if no_sync {
        command.arg("--no-sync");
    }
    let ledger = Appender::spawn(command).unwrap().finish().unwrap();
    let trace = String::from_utf8_lossy(&std::fs::read(&output).unwrap()).into_owned();
    judged(&trace, &ledger, "store.db-wal")
}

fn judged(trace: &str, ledger: &Ledger, log: &str) -> FlushReport {
    assert_eq!(ledger.acknowledged(), TASKS * COMMITS as usize);
    let report = check(&parse(trace), ledger, log);
    println!("{log}: {report:?}");
    // a judge that finds nothing to judge would always be content
    assert!(report.not_located * 2 < ledger.acknowledged(), "{report:?}");
    report
}

#[test]
fn sqlite_answers_after_its_log_is_flushed() {
    let report = sqlite(false);
    assert_eq!(report.early, 0, "{report:?}");
}

#[test]
fn sqlite_with_synchronous_off_is_caught_answering_before() {
    let report = sqlite(true);
    assert_eq!(report.flushed, 0, "{report:?}");
    assert!(report.early > 0, "{report:?}");
}

async fn postgres(synchronous_commit: &str) -> FlushReport {
    let server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let name = url.rsplit('/').next().unwrap();
    let mut conn = PgConnection::connect(&server.url()).await.unwrap();
    let alter = format!("ALTER DATABASE {name} SET synchronous_commit = {synchronous_commit}");
    conn.execute(sqlx::AssertSqlSafe(alter)).await.unwrap();
    conn.close().await.unwrap();
    // the schema is made before the trace begins, which would slow it down
    Appender::start(Path::new(PROGRAM), &Target::new(&url), 7, 1, Some(1))
        .unwrap()
        .finish()
        .unwrap();

    let directory = tempfile::tempdir().unwrap();
    let tracer = Tracer::attach(server.pid().unwrap(), &directory.path().join("trace")).unwrap();
    let ledger = Appender::start(
        Path::new(PROGRAM),
        &Target::new(&url),
        1,
        TASKS,
        Some(COMMITS),
    )
    .unwrap()
    .finish()
    .unwrap();
    // what nobody has flushed yet is written now, while the trace still runs
    let mut conn = PgConnection::connect(&url).await.unwrap();
    conn.execute("CHECKPOINT").await.unwrap();
    conn.close().await.unwrap();
    judged(&tracer.finish().unwrap(), &ledger, "/pg_wal/")
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_answers_after_its_log_is_flushed() {
    let report = postgres("on").await;
    assert_eq!(report.early, 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_with_synchronous_commit_off_is_caught_answering_before() {
    let report = postgres("off").await;
    assert!(report.early > report.flushed, "{report:?}");
}
