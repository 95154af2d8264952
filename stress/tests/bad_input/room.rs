//! Stores that cannot be written: no room on the disk, or read-only. The kernel is made to say so, by strace.

use std::path::Path;
use std::process::Command;

use mink_runtime::bus::{CommandFault, DispatchError};
use mink_runtime::storage::{CommitError, open};
use mink_stress::crash::{Appender, judge, read_feed};
use mink_stress::domain::Ledger;
use mink_stress::flush::{Tracer, strace};
use mink_stress::server::{create_database, options};
use mink_stress::store::table;
use sqlx::{Connection, Executor, PgConnection};
use xtask::services::Postgres;

use crate::{write, write_of};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mink-stress");

/// The calls that give a file more room.
const GROWING: &str = "pwrite64,pwritev,fallocate,write,ftruncate";

/// Arguments that let such calls on these files fail with `ENOSPC`, from call `from` on.
fn without_room(output: &Path, files: &[String], from: u32) -> Vec<String> {
    let mut arguments = vec!["-f".to_owned(), "-o".into(), output.display().to_string()];
    arguments.extend(["-e".into(), format!("trace={GROWING}")]);
    arguments.push("-e".into());
    arguments.push(format!("inject={GROWING}:error=ENOSPC:when={from}+"));
    for file in files {
        arguments.extend(["-P".into(), file.clone()]);
    }
    arguments
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_on_a_full_disk_refuses_whole_commits_and_keeps_the_acknowledged() {
    strace().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let url = format!("sqlite://{}", file.display());
    open(&url).await.unwrap().close().await;
    let log = format!("{}-wal", file.display());
    let mut command = Command::new("strace");
    command
        .args(without_room(&directory.path().join("trace"), &[log], 150))
        .args([PROGRAM, "appender", "--url", &url])
        .args(["--tasks", "4", "--commits", "40"]);
    let ledger = Appender::spawn(command).unwrap().finish().unwrap();
    assert!(ledger.acknowledged() > 0);
    assert!(!ledger.refusals().is_empty());
    for refusal in ledger.refusals() {
        assert!(refusal.contains("disk is full"), "{refusal}");
    }
    let store = open(&url).await.unwrap();
    let feed = read_feed(store.as_ref()).await.unwrap();
    store.close().await;
    let verdict = judge(&feed, table(&url).await.unwrap(), &ledger);
    assert_eq!(verdict.faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_on_a_full_disk_refuses_the_commit_and_takes_it_once_there_is_room() {
    let server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let app = crate::open(&url).await;
    app.dispatch(write("before", 2)).await.unwrap();
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let files: Vec<(String,)> = sqlx::query_as(
        "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid)
         FROM pg_class WHERE oid = 'mink.events'::regclass
            OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'mink.events'::regclass)",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let files: Vec<String> = files.into_iter().map(|(file,)| file).collect();
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("trace");
    let full = Tracer::attach_with(
        server.pid().unwrap(),
        &without_room(&output, &files, 1),
        &output,
    )
    .unwrap();
    // the server's processes that live already are not followed, so the connections are made anew
    let other = crate::open(&url).await;
    let filler: String = (0..1500).map(|_| fastrand::alphanumeric()).collect();
    let error = other
        .dispatch(write_of("large", 200, &filler))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            DispatchError::Failed(CommandFault::Commit(CommitError::StorageFull))
        ),
        "{error:?}"
    );
    assert!(full.finish().unwrap().contains("ENOSPC"));

    assert_eq!(other.load::<Ledger>("before").await.unwrap().parts, 2);
    other
        .dispatch(write_of("large", 200, &filler))
        .await
        .unwrap();
    assert_eq!(other.load::<Ledger>("large").await.unwrap().parts, 200);
    other.shutdown().await.unwrap();
    app.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_is_read_only_is_read_and_refuses_to_be_written() {
    let server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let app = crate::open(&url).await;
    app.dispatch(write("before", 2)).await.unwrap();
    app.shutdown().await.unwrap();
    let name = url.rsplit('/').next().unwrap();
    let mut conn = PgConnection::connect(&server.url()).await.unwrap();
    let alter = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    conn.execute(sqlx::AssertSqlSafe(alter)).await.unwrap();

    let app = crate::open(&url).await;
    assert_eq!(app.load::<Ledger>("before").await.unwrap().parts, 2);
    let error = app.dispatch(write("after", 1)).await.unwrap_err();
    assert!(
        matches!(
            error,
            DispatchError::Failed(CommandFault::Commit(CommitError::ReadOnly { .. }))
        ),
        "{error:?}"
    );
    app.shutdown().await.unwrap();
}
