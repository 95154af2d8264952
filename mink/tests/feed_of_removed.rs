//! The feed where many pages in a row hold nothing but events that were removed: whoever reads goes on behind them.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use mink::id::{Position, StreamId};
use mink::prelude::*;
use mink::storage::{Change, Lifecycle, MemoryStore, Storage, StreamChange};

#[event]
struct Ticked {
    number: u32,
}

#[derive(Aggregate, Default)]
struct Clock {}

#[handlers]
impl Clock {
    fn ticked(&mut self, _: &Ticked) {}
}

const PAGE: usize = 10;
const REMOVED: u64 = 47;

async fn tick(app: &Mink, clock: &str, number: u32) {
    app.append::<Clock>(clock, ExpectedVersion::Any, Ticked { number })
        .await
        .unwrap();
}

/// `skips`: a page of this store passes over what was removed until it is full.
async fn goes_on_behind_removed_events<S: Storage + Lifecycle>(store: S, skips: bool) {
    let store = Arc::new(store);
    let app = Mink::builder()
        .shared_storage(Arc::clone(&store) as Arc<dyn Storage>)
        .open()
        .await
        .unwrap();
    tick(&app, "before", 1).await;
    let all: Vec<_> = (0..=REMOVED as u32)
        .map(|number| Ticked { number })
        .collect();
    app.append::<Clock>("cut", ExpectedVersion::NoStream, all)
        .await
        .unwrap();
    tick(&app, "behind", 2).await;
    let removed = StreamChange {
        tenant: app.tenant_id().clone(),
        stream: StreamId::of("Clock", "cut").unwrap(),
        expected: ExpectedVersion::Exact(REMOVED + 1),
        change: Change::TruncateBefore(REMOVED + 1),
    };
    let changed = store.change_stream(&removed).await.unwrap();
    assert_eq!(changed.events, REMOVED);

    let reader = || app.feed().page_size(PAGE);
    let left = [1, REMOVED + 2, REMOVED + 3].map(Position);
    let read: Vec<_> = reader().read().try_collect().await.unwrap();
    let read: Vec<_> = read.iter().map(|event| event.position).collect();
    assert_eq!(read, left, "what is left, and the reading ends");

    // each page moves on, also one without an event, and counts what it passed
    let (mut after, mut skipped, mut empty) = (Position::START, 0, 0);
    for pages in 1.. {
        assert!(pages < 30, "the pages end");
        let page = reader().after(after).page().await.unwrap();
        skipped += page.skipped;
        empty += usize::from(page.events.is_empty());
        assert!(page.next > after, "{after:?}");
        after = page.next;
        if page.next >= page.head {
            break;
        }
    }
    assert_eq!(skipped, REMOVED);
    assert!(empty > 2 || skips, "pages without an event: {empty}");

    let mut follower = std::pin::pin!(reader().follow());
    let mut next = async || {
        let event = tokio::time::timeout(Duration::from_secs(30), follower.next()).await;
        let event = event.expect("the follower goes on").unwrap().unwrap();
        event.position
    };
    for expected in left {
        assert_eq!(next().await, expected);
    }
    tick(&app, "behind", 3).await;
    assert_eq!(next().await, Position(REMOVED + 4));

    // one that stands in the middle of them goes on as well
    let mut midway = std::pin::pin!(reader().after(Position(9)).follow());
    let event = tokio::time::timeout(Duration::from_secs(30), midway.next()).await;
    assert_eq!(event.unwrap().unwrap().unwrap().position, left[1]);

    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn in_memory() {
    goes_on_behind_removed_events(MemoryStore::new(), true).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn on_sqlite() {
    let store = mink::sqlite::SqliteStore::open("sqlite::memory:").await;
    goes_on_behind_removed_events(store.unwrap(), false).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn on_postgres() {
    let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("this test needs a PostgreSQL server: run it with `cargo xtask test -p mink`, or set MINK_TEST_POSTGRES_URL to the URL of one")
    });
    let id = mink::id::EventId::new().to_string().replace('-', "");
    let schema = format!("removed_{id}");
    let open = async || {
        let store = mink::postgres::PostgresStore::builder(&server).schema(&schema);
        store.open().await.unwrap()
    };
    goes_on_behind_removed_events(open().await, false).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
        .execute(open().await.pool())
        .await
        .unwrap();
}
