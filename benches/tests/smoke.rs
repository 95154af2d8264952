//! The benchmarks run, and the hand-written side does what it is compared for.
#![allow(
    clippy::unwrap_used,
    reason = "a failure here is the test's own result"
)]

use std::path::Path;

use mink::prelude::*;
use mink_benches::amount::Amount;
use mink_benches::arena::{self, Arena, WorkName};
use mink_benches::contest::{Side, compete};
use mink_benches::domain::{Order, line};
use mink_benches::raw;
use mink_benches::side::Appends;
use mink_benches::table::{Row, notes, table};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, SqliteConnection};
use xtask::services::{POSTGRES_URL_VARIABLE, Postgres, PostgresOptions};

async fn every_work_is_done(arena: Arena) {
    let amount = Amount::smoke();
    let mut rows = Vec::new();
    for event in arena.events {
        let work = event.work;
        let contestants = event.contestants().await.unwrap();
        let scores = compete(&contestants, amount.rounds).await.unwrap();
        assert!(scores.iter().any(|score| score.side == Side::Mink));
        assert!(scores.iter().any(|score| score.side == Side::Same));
        for score in &scores {
            assert!(score.laps.iter().all(|lap| lap.events > 0));
        }
        rows.push(Row {
            store: arena.store,
            work,
            scores,
        });
    }
    assert_eq!(rows.len(), WorkName::ALL.len());
    assert_eq!(table(&rows, &amount).lines().count(), rows.len() + 2);
    assert!(!notes(&rows, &amount).contains("NaN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_work_is_done_in_memory() {
    let amount = Amount::smoke();
    every_work_is_done(arena::memory::prepare(amount).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_work_is_done_on_sqlite() {
    let amount = Amount::smoke();
    let directory = std::env::temp_dir();
    let arena = arena::sqlite::prepare(amount, &directory).await.unwrap();
    assert!(arena.settings.contains("journal_mode=wal synchronous=FULL"));
    every_work_is_done(arena).await;
}

/// A server for one test: the one that the environment names, or a private one.
fn server() -> (Option<Postgres>, String) {
    if let Ok(url) = std::env::var(POSTGRES_URL_VARIABLE) {
        return (None, url);
    }
    let server = Postgres::start(PostgresOptions::new()).unwrap();
    let url = server.url();
    (Some(server), url)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_work_is_done_on_postgres_at_the_best_number_of_connections() {
    let (_server, url) = server();
    let (arena, made) = arena::postgres::prepare(Amount::smoke(), &url)
        .await
        .unwrap();
    assert!(arena.settings.contains("fsync=on synchronous_commit=on"));
    every_work_is_done(arena).await;
    made.remove().await.unwrap();
}

/// One commit of one event, one of three, and then a conflict.
async fn some_commits<S: Appends>(store: &S) {
    store.append(1, 0, vec![line(1)]).await.unwrap();
    store
        .append(1, 1, vec![line(2), line(3), line(4)])
        .await
        .unwrap();
    assert!(store.append(1, 3, vec![line(5)]).await.is_err());
    assert!(store.append(2, 3, vec![line(5)]).await.is_err());
    store.append(1, 4, vec![line(5)]).await.unwrap();
    store.append(2, 0, vec![line(6)]).await.unwrap();
}

async fn single_commits<S: Appends>(store: &S) {
    store.append(1, 0, vec![line(1)]).await.unwrap();
    store.append(1, 1, vec![line(2)]).await.unwrap();
    assert!(store.append(1, 1, vec![line(3)]).await.is_err());
    store.append(2, 0, vec![line(3)]).await.unwrap();
}

const SQLITE_ROWS: &str = "SELECT json_array(position, tenant, stream, version, length(event_id), event_type, \
     schema_version, category, length(recorded_at), format, (SELECT group_concat(key || length(value)) FROM json_each(metadata)), payload) \
     FROM mink_events UNION ALL SELECT json_array(tenant, stream, category, version) FROM mink_streams ORDER BY 1";

async fn sqlite_rows(file: &Path) -> Vec<String> {
    let url = format!("sqlite://{}", file.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query_scalar(SQLITE_ROWS)
        .fetch_all(&mut conn)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_hand_sqlite_gets_the_rows_that_mink_writes() {
    let directory = tempfile::tempdir().unwrap();
    let files = ["mink", "same", "mink-single", "grouped"].map(|name| directory.path().join(name));
    let open = |file: &Path| format!("sqlite://{}", file.display());
    for file in &files {
        Mink::open(&open(file))
            .await
            .unwrap()
            .shutdown()
            .await
            .unwrap();
    }
    let [mink, same, mink_single, grouped] = &files;
    some_commits(&Mink::open(&open(mink)).await.unwrap()).await;
    some_commits(&raw::sqlite::Same::open(same).await.unwrap()).await;
    single_commits(&Mink::open(&open(mink_single)).await.unwrap()).await;
    single_commits(&raw::sqlite::Grouped::open(grouped).await.unwrap()).await;

    let rows = sqlite_rows(mink).await;
    assert_eq!(rows.len(), 6 + 2);
    assert_eq!(sqlite_rows(same).await, rows);
    assert_eq!(sqlite_rows(grouped).await, sqlite_rows(mink_single).await);

    let app = Mink::open(&open(same)).await.unwrap();
    assert_eq!(app.load::<Order>(1).await.unwrap().lines, 5);
    assert_eq!(app.head().await.unwrap().0, 6);
}

const POSTGRES_ROWS: &str = "SELECT concat_ws('|', f.position, e.tenant, e.stream, e.version, e.event_type, \
     e.schema_version, e.format, e.payload, f.category, s.category, s.version, (SELECT json_object_agg(key, length(value)) FROM json_each_text(e.metadata))) \
     FROM mink.events e JOIN mink.streams s USING (tenant, stream) JOIN mink.feed f USING (ord) ORDER BY f.position";

async fn postgres_rows(url: &str, count: usize) -> Vec<String> {
    let store = mink::postgres::PostgresStore::open(url).await.unwrap();
    store.tick().await.unwrap();
    let mut conn = PgConnection::connect(url).await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar(POSTGRES_ROWS)
        .fetch_all(&mut conn)
        .await
        .unwrap();
    assert_eq!(rows.len(), count);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn by_hand_postgres_gets_the_rows_that_mink_writes() {
    let server = Postgres::start(PostgresOptions::new()).unwrap();
    let mut conn = PgConnection::connect(&server.url()).await.unwrap();
    let mut urls = Vec::new();
    for name in ["mink", "same", "mink_single", "grouped"] {
        let sql = format!("CREATE DATABASE {name}_rows");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut conn)
            .await
            .unwrap();
        urls.push(server.database_url(&format!("{name}_rows")));
    }
    let store = |url: &str| {
        let url = url.to_owned();
        async move { mink::postgres::PostgresStore::open(&url).await.unwrap() }
    };
    some_commits(&Mink::open(&urls[0]).await.unwrap()).await;
    let sequencer = store(&urls[1]).await;
    some_commits(
        &raw::postgres::Same::open(&urls[1], 2, &sequencer)
            .await
            .unwrap(),
    )
    .await;
    single_commits(&Mink::open(&urls[2]).await.unwrap()).await;
    let sequencer = store(&urls[3]).await;
    single_commits(
        &raw::postgres::Grouped::open(&urls[3], 2, &sequencer)
            .await
            .unwrap(),
    )
    .await;

    assert_eq!(
        postgres_rows(&urls[0], 6).await,
        postgres_rows(&urls[1], 6).await
    );
    assert_eq!(
        postgres_rows(&urls[2], 3).await,
        postgres_rows(&urls[3], 3).await
    );
}
