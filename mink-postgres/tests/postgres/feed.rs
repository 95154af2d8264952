use std::time::Duration;

use mink_runtime::id::Category;
use mink_runtime::storage::{ExpectedVersion, FeedFilter, Storage};

use super::*;

/// No reader looks by itself for an hour: what wakes it is a hint.
async fn hinted(database: &Database) -> PostgresStore {
    PostgresStore::builder(&database.url())
        .poll_interval(Duration::from_secs(3600))
        .open()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_woken_by_a_commit_of_its_own_node() {
    let database = Database::create().await;
    let store = hinted(&database).await;
    for _ in 0..5 {
        let moved = store.feed_moved();
        put(&store, "Order-1").await;
        moved.await;
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_woken_by_a_commit_of_another_node() {
    let database = Database::create().await;
    let (store, other) = (hinted(&database).await, hinted(&database).await);
    for round in 1..=5 {
        // The first hint may be that of the beginning to listen.
        loop {
            let moved = store.feed_moved();
            if store.head().await.unwrap() == Position(round) {
                break;
            }
            if version(&store, "Order-1").await < round {
                put(&other, "Order-1").await;
            }
            moved.await;
        }
    }
    store.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_woke_for_is_found_by_the_next_reader() {
    let database = Database::create().await;
    let store = open(&database).await;
    let mut tx = store.pool().begin().await.unwrap();
    let commit = one("Order-1", ExpectedVersion::Any);
    store.append_in(&mut tx, &commit).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(1));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_position_of_an_event_is_known_as_soon_as_it_is_asked_for() {
    let database = Database::create().await;
    let store = open(&database).await;
    for position in 1..=10 {
        let commit = one("Order-1", ExpectedVersion::Any);
        submit(&store, &commit).await.unwrap();
        let id = commit.events().next().unwrap().id;
        let found = store.position_of(&TenantId::default(), id).await.unwrap();
        assert_eq!(found, Some(Position(position)));
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_for_a_rare_category_is_bounded_and_says_how_far_it_came() {
    let database = Database::create().await;
    let store = open(&database).await;
    let many = |count: usize| (0..count).map(|_| event("{}")).collect::<Vec<_>>();
    for chunk in 0..13 {
        let events = append(&format!("Common-{chunk}"), ExpectedVersion::Any, many(5000));
        submit(&store, &Arc::new(Commit::new(vec![events])))
            .await
            .unwrap();
    }
    put(&store, "Rare-1").await;
    assert_eq!(store.head().await.unwrap(), Position(65_001));
    let filter = FeedFilter {
        categories: vec![Category::new("Rare").unwrap()],
        ..FeedFilter::all()
    };
    let page = store.read_feed(Position::START, &filter, 10).await.unwrap();
    assert!(page.events.is_empty());
    assert!(page.next > Position::START && page.next < page.head);
    let page = store.read_feed(page.next, &filter, 10).await.unwrap();
    assert_eq!(page.events.len(), 1);
    assert_eq!(page.next, page.head);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_no_store_could_hold_matches_nothing() {
    let database = Database::create().await;
    let store = open(&database).await;
    put(&store, "Order-1").await;
    let filter = FeedFilter {
        types: vec!["\0".to_owned()],
        ..FeedFilter::all()
    };
    let page = store.read_feed(Position::START, &filter, 10).await.unwrap();
    assert!(page.events.is_empty());
    assert_eq!(page.next, Position(1));
    store.close().await;
}
