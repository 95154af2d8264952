//! The feed under stress, and that the judge of it can say no.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mink_postgres::PostgresStore;
use mink_runtime::id::{EventId, Position, StreamId, TenantId};
use mink_runtime::metadata::Metadata;
use mink_runtime::storage::{
    Append, Commit, ExpectedVersion, FeedFilter, Format, NewEvent, Storage,
};
use mink_stress::feed::{Counts, Delivered, FeedChecker, FeedRun, Stored, tick_cost};
use mink_stress::server::{Server, create_database, drop_database, options};
use mink_stress::store::table;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;
use xtask::services::Postgres;

fn one_event(stream: &str) -> Commit {
    Commit::new(vec![Append {
        tenant: TenantId::default(),
        stream: StreamId::new(stream).unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![NewEvent {
            id: EventId::new(),
            event_type: "Happened".into(),
            schema_version: 1,
            format: Format::Json,
            payload: "{}".into(),
            metadata: Metadata::default(),
            recorded_at: chrono::Utc::now(),
        }],
    }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_run_through_a_restart_misses_doubles_and_reorders_nothing() {
    let mut server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let run = FeedRun {
        events: 5000,
        seed,
        program: PathBuf::from(env!("CARGO_BIN_EXE_mink-stress")),
        writers: Counts {
            through_app: 6,
            in_own: 6,
            late: 2,
        },
        children: 2,
        shared: 64,
        terminate_every: Duration::from_millis(300),
        patience: Duration::from_secs(120),
    };
    let report = run.run(&url, Some(&mut server)).await.unwrap();
    println!("{:#?}\n{}", report.told, report.line());
    assert_eq!(report.wrong(), Vec::<String>::new());
    assert!(report.events >= 5000);
}

/// What the textbook does: everything behind the last number that was seen, in the order of the numbers.
struct NaiveReader {
    last: i64,
    seen: Vec<Delivered>,
}

impl NaiveReader {
    async fn read(&mut self, conn: &mut PgConnection) {
        let rows: Vec<(i64, String, String, i64, Uuid)> = sqlx::query_as(
            "SELECT ord, tenant, stream, version, event_id FROM mink.events WHERE ord > $1 ORDER BY ord",
        )
        .bind(self.last)
        .fetch_all(conn)
        .await
        .unwrap();
        for (ord, tenant, stream, version, id) in rows {
            self.last = ord;
            self.seen.push(Delivered {
                position: self.seen.len() as u64 + 1,
                event: Stored {
                    id,
                    tenant: tenant.into(),
                    stream: stream.into(),
                    version: version as u64,
                },
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_over_sequence_numbers_misses_an_event_and_the_checker_says_so() {
    let server = Server::given_or_private().unwrap();
    let url = server.create_database().await.unwrap();
    let store = PostgresStore::open(&url).await.unwrap();
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let mut naive = NaiveReader {
        last: 0,
        seen: Vec::new(),
    };

    // the first takes its number first and commits last
    let mut late = PgConnection::connect(&url).await.unwrap();
    let mut first = late.begin().await.unwrap();
    store
        .append_in(&mut first, &one_event("S-1"))
        .await
        .unwrap();
    let second = Arc::new(one_event("S-2"));
    store.commit(&[second]).await.pop().unwrap().unwrap();
    naive.read(&mut conn).await;
    let early = store
        .read_feed(Position::START, &FeedFilter::all(), 10)
        .await
        .unwrap();
    first.commit().await.unwrap();
    naive.read(&mut conn).await;
    let late = store.read_feed(early.next, &FeedFilter::all(), 10).await;

    let checker = FeedChecker::new(table(&url).await.unwrap());
    assert_eq!(checker.committed(), 2);
    assert_eq!(checker.check(&[naive.seen]).missed, 1);
    let feed: Vec<Delivered> = early
        .events
        .into_iter()
        .chain(late.unwrap().events)
        .map(Delivered::from)
        .collect();
    assert!(checker.check(&[feed]).is_none());

    store.close().await;
    conn.close().await.unwrap();
    if let Server::Given(admin) = &server {
        drop_database(admin, &url).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_at_the_sequencer_costs_the_same_however_much_lies_behind_an_open_transaction() {
    let server = Postgres::start(options()).unwrap();
    let url = create_database(&server.url()).await.unwrap();
    let costs = tick_cost::measure(&url, &[500, 10_000]).await.unwrap();
    println!("{costs:?}");
    assert!(costs.iter().all(|cost| cost.blocks > 0), "{costs:?}");
    assert!(tick_cost::is_flat(&costs), "{costs:?}");
}
