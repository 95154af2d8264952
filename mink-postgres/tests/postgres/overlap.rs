//! Transactions that overlap: the feed neither skips nor waits.

use std::sync::atomic::{AtomicBool, Ordering};

use mink_runtime::storage::{ExpectedVersion, Storage};
use sqlx::Connection;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_goes_on_beside_a_long_transaction_and_then_delivers_it() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Shared-1").await;
    let mut long = store.pool().begin().await.unwrap();
    for name in ["Early-1", "Early-1", "Shared-1"] {
        let commit = one(name, ExpectedVersion::Any);
        store.append_in(&mut long, &commit).await.unwrap();
    }
    // A foreign transaction that has an id and never writes here.
    let mut foreign = database.connect().await;
    let mut unrelated = foreign.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *unrelated)
        .await
        .unwrap();

    let mut expected = vec!["Shared-1".to_owned()];
    for round in 0..20 {
        let name = format!("Late-{}", round % 3);
        put(&store, &name).await;
        expected.push(name);
        assert_eq!(fed(&store).await, expected, "the feed does not wait");
    }
    long.commit().await.unwrap();
    expected.extend(["Early-1", "Early-1", "Shared-1"].map(str::to_owned));
    assert_eq!(fed(&store).await, expected, "nothing is skipped");
    put(&store, "Shared-1").await;
    expected.push("Shared-1".to_owned());
    assert_eq!(fed(&store).await, expected);
    unrelated.rollback().await.unwrap();
    assert_eq!(fed(&store).await, expected);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_read_before_stays_what_it_was() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut long = store.pool().begin().await.unwrap();
    let early = one("Early-1", ExpectedVersion::Any);
    store.append_in(&mut long, &early).await.unwrap();
    for _ in 0..3 {
        put(&store, "Late-1").await;
    }
    let before = whole_feed(&store).await;
    long.commit().await.unwrap();
    let after = whole_feed(&store).await;
    assert_eq!(after[..3], before[..], "positions once given never change");
    assert_eq!(after[3].event.stream, stream("Early-1"));
    store.close().await;
}

/// Writers on four nodes, some in transactions of their own that pause and roll back, beside eight sequencers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_sequencers_give_every_event_one_position() {
    let database = Arc::new(Database::create().await);
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(open(&database).await);
    }
    let done = Arc::new(AtomicBool::new(false));
    let mut sequencers = Vec::new();
    for number in 0..8 {
        let (database, done) = (database.clone(), done.clone());
        sequencers.push(tokio::spawn(async move {
            let mut conn = database.connect().await;
            let mut stamped = 0;
            while !done.load(Ordering::Acquire) {
                let (_, count, _): (bool, i64, i64) =
                    sqlx::query_as("SELECT * FROM mink.tick($1, false, 'mink_mink')")
                        .bind(number % 2 == 0)
                        .fetch_one(&mut conn)
                        .await
                        .unwrap();
                stamped += count;
            }
            stamped
        }));
    }
    let mut writers = Vec::new();
    for number in 0..8 {
        let store = nodes[number % 4].clone();
        writers.push(tokio::spawn(async move {
            let mut committed = 0;
            for round in 0..40 {
                let names = [
                    format!("Order-{}", (number + round) % 5),
                    format!("Stock-{}", (number * round) % 3),
                ];
                if round % 4 == 3 {
                    let mut tx = store.pool().begin().await.unwrap();
                    let commit = Commit::new(
                        names
                            .iter()
                            .map(|name| append(name, ExpectedVersion::Any, vec![event("{}"); 1]))
                            .collect(),
                    );
                    store.append_in(&mut tx, &commit).await.unwrap();
                    tokio::task::yield_now().await;
                    if round % 8 == 3 {
                        tx.rollback().await.unwrap();
                    } else {
                        tx.commit().await.unwrap();
                        committed += commit.event_count();
                    }
                    continue;
                }
                let events = (0..1 + round % 3).map(|_| event("{}")).collect();
                let commit = Commit::new(vec![append(&names[0], ExpectedVersion::Any, events)]);
                let commit = Arc::new(commit);
                loop {
                    match submit(&store, &commit).await {
                        Err(CommitError::Busy { .. }) => tokio::task::yield_now().await,
                        answer => break drop(answer.unwrap()),
                    }
                }
                committed += commit.event_count();
            }
            committed
        }));
    }
    let mut committed = 0;
    for writer in writers {
        committed += writer.await.unwrap();
    }
    done.store(true, Ordering::Release);
    let mut stamped = 0;
    for sequencer in sequencers {
        stamped += sequencer.await.unwrap();
    }
    assert!(stamped > 0, "the racing sequencers took part");
    let feed = whole_feed(&nodes[0]).await;
    assert_eq!(feed.len(), committed, "every event once, none left out");
    for node in nodes {
        node.close().await;
    }
}
