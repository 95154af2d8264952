use mink_runtime::id::{Position, TenantId};
use mink_runtime::storage::{
    Change, CommitError, ExpectedVersion, FeedFilter, Lifecycle, LifecycleError, Storage,
    StreamChange, StreamChanged,
};
use mink_sqlite::SqliteStore;

use crate::{append, event, one, query, stream, submit, url, version};

async fn change(
    store: &SqliteStore,
    name: &str,
    change: Change,
) -> Result<StreamChanged, LifecycleError> {
    let change = StreamChange {
        tenant: TenantId::default(),
        stream: stream(name),
        expected: ExpectedVersion::Any,
        change,
    };
    store.change_stream(&change).await
}

async fn store_of(events: u64) -> SqliteStore {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    for _ in 0..events {
        submit(&store, &one("A-1", ExpectedVersion::Any))
            .await
            .unwrap();
    }
    store
}

#[tokio::test]
async fn no_way_to_append_leads_into_a_deleted_stream() {
    let store = store_of(1).await;
    change(&store, "A-1", Change::Delete).await.unwrap();
    let refused =
        |error| matches!(error, CommitError::StreamDeleted { stream } if stream.as_str() == "A-1");
    for expected in [
        ExpectedVersion::Any,
        ExpectedVersion::NoStream,
        ExpectedVersion::StreamExists,
        ExpectedVersion::Exact(1),
        ExpectedVersion::Exact(7),
    ] {
        let commit = one("A-1", expected);
        assert!(refused(submit(&store, &commit).await.unwrap_err()));
        let mut tx = store.begin().await.unwrap();
        assert!(refused(
            store.append_in(&mut tx, &commit).await.unwrap_err()
        ));
        tx.rollback().await.unwrap();
    }
    assert_eq!(store.head().await.unwrap(), Position(1));
    change(&store, "A-1", Change::Undelete).await.unwrap();
    submit(&store, &one("A-1", ExpectedVersion::Exact(1)))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_change_that_finds_other_rows_than_it_is_about_is_taken_back() {
    let store = store_of(5).await;
    sqlx::raw_sql("DELETE FROM mink_events WHERE version = 2")
        .execute(store.pool())
        .await
        .unwrap();
    let error = change(&store, "A-1", Change::TruncateBefore(4))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            LifecycleError::RowsDiffer {
                expected: 3,
                found: 2,
                ..
            }
        ),
        "{error:?}"
    );
    let page = store.read_stream(&query("A-1")).await.unwrap();
    assert_eq!((page.first, page.events.len()), (1, 4));
    submit(&store, &one("A-1", ExpectedVersion::Exact(5)))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_room_of_truncated_events_is_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let small = SqliteStore::builder(&url(dir.path())).max_bytes(2_000_000);
    let store = small.open().await.unwrap();
    let payload = format!("\"{}\"", "x".repeat(100_000));
    for round in 1..=5 {
        for _ in 0..10 {
            let events = vec![event(&payload)];
            let commit = mink_runtime::storage::Commit::new(vec![append(
                "A-1",
                ExpectedVersion::Any,
                events,
            )]);
            submit(&store, &commit.into()).await.unwrap();
        }
        let last = version(&store, "A-1").await;
        assert_eq!(last, round * 10);
        let answer = change(&store, "A-1", Change::TruncateBefore(last + 1)).await;
        assert_eq!(answer.unwrap().events, 10);
    }
    let (text, blob): (i64, i64) = sqlx::query_as(
        "SELECT count(*), sum(length(payload)) FROM mink_events WHERE format = 'truncated' AND metadata = '{}'",
    )
    .fetch_one(store.pool())
    .await
    .unwrap();
    assert_eq!((text, blob), (50, 0));
}

#[tokio::test]
async fn a_visit_begins_at_the_first_event_that_is_left() {
    let store = store_of(300).await;
    change(&store, "A-1", Change::TruncateBefore(200))
        .await
        .unwrap();
    let mut read = query("A-1");
    read.limit = 7;
    let mut seen = Vec::new();
    let bounds = store
        .visit_stream(&read, &mut |event| {
            seen.push(event.version);
            std::ops::ControlFlow::Continue(())
        })
        .await
        .unwrap();
    assert_eq!((bounds.version, bounds.first), (300, 200));
    assert!(seen.into_iter().eq(200..=300));
    let page = store
        .read_feed(Position::START, &FeedFilter::all(), 1000)
        .await
        .unwrap();
    assert_eq!((page.events.len(), page.skipped), (101, 199));
}

#[tokio::test]
async fn truncated_content_is_not_left_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    let secret = "CONFIDENTIAL";
    for payload in [
        format!("\"{secret}\""),
        format!("\"{}\"", secret.repeat(2000)),
    ] {
        let events = vec![event(&payload)];
        let commit =
            mink_runtime::storage::Commit::new(vec![append("A-1", ExpectedVersion::Any, events)]);
        submit(&store, &commit.into()).await.unwrap();
    }
    change(&store, "A-1", Change::TruncateBefore(3))
        .await
        .unwrap();
    store.close().await;
    let mut files = 0;
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let left = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!left);
        files += 1;
    }
    assert_eq!(files, 1);
}
