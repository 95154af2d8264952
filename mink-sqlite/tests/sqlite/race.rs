use std::time::Duration;

use mink_runtime::id::Position;
use mink_runtime::storage::{CommitError, Contended, ExpectedVersion, FeedFilter, Storage};
use mink_sqlite::SqliteStore;

use crate::{one, submit, url, version};

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_file_race_and_lose_nothing() {
    const EACH: u64 = 100;
    let dir = tempfile::tempdir().unwrap();
    let mut racers = Vec::new();
    for racer in 0..4 {
        let store = SqliteStore::open(&url(dir.path())).await.unwrap();
        racers.push(tokio::spawn(async move {
            let mut done = 0;
            while done < EACH {
                let at = version(&store, "A-1").await;
                let batch = [
                    one("A-1", ExpectedVersion::Exact(at)),
                    one(&format!("B-{racer}"), ExpectedVersion::Any),
                ];
                let answers = store.commit(&batch).await;
                match &answers[0] {
                    Ok(committed) => {
                        assert_eq!(committed.streams[0].version, at + 1);
                        done += 1;
                    }
                    Err(CommitError::Conflict(conflict)) => assert!(conflict.actual > at),
                    Err(other) => panic!("{other}"),
                }
                assert!(answers[1].is_ok());
            }
        }));
    }
    for racer in racers {
        racer.await.unwrap();
    }
    let store = SqliteStore::open(&url(dir.path())).await.unwrap();
    assert_eq!(version(&store, "A-1").await, 4 * EACH);
    let feed = store
        .read_feed(Position::START, &FeedFilter::all(), usize::MAX)
        .await
        .unwrap();
    let mut versions = std::collections::HashMap::new();
    for (position, event) in (1..).zip(&feed.events) {
        assert_eq!(event.position, Position(position));
        let version = versions.entry(event.event.stream.clone()).or_insert(0);
        *version += 1;
        assert_eq!(event.event.version, *version);
    }
}

#[tokio::test]
async fn a_file_that_another_holds_is_busy_and_free_again_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let holder = SqliteStore::open(&url(dir.path())).await.unwrap();
    let store = SqliteStore::builder(&url(dir.path()))
        .busy_timeout(Duration::from_millis(20))
        .open()
        .await
        .unwrap();
    let commit = one("A-1", ExpectedVersion::NoStream);
    let held = holder.begin().await.unwrap();
    let error = submit(&store, &commit).await.unwrap_err();
    assert!(
        matches!(&error, CommitError::Busy { what: Contended::Stream(stream) } if stream.as_str() == "A-1")
    );
    assert!(error.is_transient());
    assert_eq!(version(&store, "A-1").await, 0);
    held.rollback().await.unwrap();
    assert!(!submit(&store, &commit).await.unwrap().recognised);
}

#[tokio::test]
async fn the_feed_is_said_to_move_after_a_commit_and_after_a_while() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let moved = store.feed_moved();
    submit(&store, &one("A-1", ExpectedVersion::Any))
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_millis(200), moved)
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(60), store.feed_moved())
        .await
        .unwrap();
}
