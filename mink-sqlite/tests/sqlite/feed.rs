use std::sync::Arc;

use mink_runtime::id::{Category, Position, TenantId};
use mink_runtime::storage::{Append, Commit, ExpectedVersion, FeedFilter, Storage};
use mink_sqlite::SqliteStore;

use crate::{append, event, stream, submit};

async fn positions(store: &SqliteStore, filter: &FeedFilter) -> Vec<u64> {
    let page = store.read_feed(Position::START, filter, 100).await.unwrap();
    assert!(page.events.iter().all(|e| filter.matches(&e.event)));
    page.events.iter().map(|e| e.position.0).collect()
}

#[tokio::test]
async fn filters_hold_together_and_their_characters_are_ordinary() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    for (tenant, name, event_type) in [
        ("", "User_-1", "A"),
        ("", "UserX-1", "A"),
        ("t", "User_-1", "B"),
        ("t", "User_-%", "A'\"\n"),
    ] {
        let mut event = event("{}");
        event.event_type = event_type.into();
        let commit = Commit::new(vec![Append {
            tenant: TenantId::try_from(tenant.to_owned()).unwrap(),
            stream: stream(name),
            expected: ExpectedVersion::NoStream,
            events: vec![event],
        }]);
        submit(&store, &Arc::new(commit)).await.unwrap();
    }
    let mut filter = FeedFilter::all();
    filter.categories = vec![Category::new("User_").unwrap()];
    assert_eq!(positions(&store, &filter).await, [1, 3, 4]);
    filter.types = vec!["A".into(), "A'\"\n".into()];
    assert_eq!(positions(&store, &filter).await, [1, 4]);
    filter.tenant = Some(TenantId::new("t").unwrap());
    assert_eq!(positions(&store, &filter).await, [4]);
    filter.streams = vec![stream("User_-1")];
    assert_eq!(positions(&store, &filter).await, [0; 0]);
    filter.types.clear();
    assert_eq!(positions(&store, &filter).await, [3]);
}

#[tokio::test]
async fn a_reader_of_a_rare_type_goes_on_behind_what_was_searched() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let mut rare = event("{}");
    rare.event_type = "Rare".into();
    for round in 0..7_u64 {
        let mut events: Vec<_> = (0..10_000).map(|_| event("1")).collect();
        if round == 6 {
            events.push(rare.clone());
        }
        let expected = ExpectedVersion::Exact(round * 10_000);
        let commit = Commit::new(vec![append("A-1", expected, events)]);
        submit(&store, &Arc::new(commit)).await.unwrap();
    }
    let mut filter = FeedFilter::all();
    filter.types = vec!["Rare".into()];
    let first = store.read_feed(Position::START, &filter, 10).await.unwrap();
    assert_eq!(first.events.len(), 0);
    assert_eq!(
        (first.next, first.head),
        (Position(50_000), Position(70_001))
    );
    let second = store.read_feed(first.next, &filter, 10).await.unwrap();
    assert_eq!(second.events.len(), 1);
    assert_eq!(
        (second.next, second.head),
        (Position(70_001), Position(70_001))
    );
    let last = store.read_feed(second.next, &filter, 10).await.unwrap();
    assert_eq!((last.events.len(), last.next), (0, Position(70_001)));

    let full = store
        .read_feed(Position(5), &FeedFilter::all(), 3)
        .await
        .unwrap();
    assert_eq!((full.events.len(), full.next), (3, Position(8)));
    let beyond = store
        .read_feed(Position(u64::MAX), &FeedFilter::all(), 3)
        .await
        .unwrap();
    assert_eq!(beyond.events.len(), 0);
}
