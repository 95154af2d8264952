//! The global feed, read by one reader.

use std::time::Duration;

use super::ground::{Ground, bare, same_events, stream};
use crate::id::{Category, Position, StreamId};
use crate::storage::{FeedFilter, FeedPage, NewEvent, RecordedEvent};

async fn page(at: &Ground, after: Position, filter: &FeedFilter, limit: usize) -> FeedPage {
    let page = at.store.read_feed(after, filter, limit).await;
    page.unwrap_or_else(|error| panic!("the feed can be read: {error}"))
}

pub(super) async fn the_feed_has_no_gaps_and_keeps_the_order_of_commits(at: Ground) {
    let before = at.head().await;
    let mut expected = Vec::new();
    let mut versions = [0, 0, 0];
    for round in 0..12 {
        let which = round % 3;
        let order = stream(&format!("Order-{which}"));
        let events = at.events(1 + round % 4);
        at.put(&order, &events).await;
        expected.extend(at.recorded(&order, versions[which] + 1, &events));
        versions[which] += events.len() as u64;
    }
    let promise = "the feed gives every event in the order of commits";
    for limit in [1, 7, 1000, usize::MAX] {
        let feed = at.feed(before, &FeedFilter::all(), limit).await;
        let positions: Vec<_> = feed.iter().map(|event| event.position.0).collect();
        let gapless: Vec<_> = (before.0 + 1..).take(expected.len()).collect();
        assert_eq!(positions, gapless, "positions have no gaps");
        same_events(&bare(feed), &expected, promise);
    }
    assert_eq!(
        at.head().await.0,
        before.0 + expected.len() as u64,
        "the head is the position of the newest event"
    );
}

pub(super) async fn positions_start_at_one(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let order = stream("Order-1");
    assert_eq!(
        ours.head().await,
        Position::START,
        "the head of an empty store is 0"
    );
    let empty = page(&ours, Position::START, &FeedFilter::all(), 10).await;
    let nothing = FeedPage {
        events: Vec::new(),
        skipped: 0,
        next: Position::START,
        head: Position::START,
    };
    assert_eq!(empty, nothing, "the feed of an empty store is empty");
    for (ground, position) in [(&ours, 1), (&theirs, 2), (&ours, 3)] {
        let events = ground.events(1);
        ground.put(&order, &events).await;
        let place = ground.store.position_of(&ground.tenant, events[0].id).await;
        assert_eq!(
            place.unwrap_or_else(|error| panic!("a position can be asked: {error}")),
            Some(Position(position)),
            "positions start at 1 and count the events of all tenants"
        );
    }
    ours.store.close().await;
}

pub(super) async fn a_commit_is_in_the_feed_when_it_is_answered(at: Ground) {
    let order = stream("Order-1");
    for round in 1..=20 {
        let before = at.head().await;
        let events = at.events(2);
        at.put(&order, &events).await;
        let promise = "what was answered is in the feed at once";
        let head = at.head().await;
        assert_eq!(head.0, before.0 + 2, "{promise}: the head");
        let page = page(&at, before, &at.filter(), 10).await;
        assert_eq!(
            (page.next, page.head),
            (head, head),
            "{promise}: the page's end"
        );
        let recorded = at.recorded(&order, round * 2 - 1, &events);
        same_events(&bare(page.events), &recorded, promise);
        let place = at.store.position_of(&at.tenant, events[1].id).await;
        assert!(
            matches!(place, Ok(Some(place)) if place == head),
            "{promise}: its position"
        );
    }
}

pub(super) async fn reading_starts_after_the_position(at: Ground) {
    let order = stream("Order-1");
    let before = at.head().await;
    let events = at.events(4);
    at.put(&order, &events).await;
    let recorded = at.recorded(&order, 1, &events);
    for skipped in 0..=4 {
        let after = Position(before.0 + skipped);
        let feed = bare(at.feed(after, &FeedFilter::all(), 10).await);
        same_events(
            &feed,
            &recorded[skipped as usize..],
            "the position read from is not delivered again",
        );
    }
}

pub(super) async fn beyond_the_head_the_feed_is_empty(at: Ground) {
    at.put(&stream("Order-1"), &at.events(2)).await;
    let head = at.head().await;
    let beyond = [
        head.0,
        head.0 + 1,
        head.0 + 1000,
        i64::MAX as u64,
        i64::MAX as u64 + 1,
        u64::MAX,
    ];
    for after in beyond.map(Position) {
        for filter in [FeedFilter::all(), at.filter()] {
            let page = page(&at, after, &filter, 10).await;
            assert!(
                page.events.is_empty(),
                "there is nothing after {after}, the head is {head}"
            );
            assert_eq!(
                page.next, after,
                "a reader beyond the head stays where it is"
            );
            assert_eq!(page.head, head, "a page says where the head is");
        }
    }
}

pub(super) async fn a_limit_bounds_the_page(at: Ground) {
    let order = stream("Order-1");
    let before = at.head().await;
    let events = at.events(5);
    at.put(&order, &events).await;
    let recorded = at.recorded(&order, 1, &events);
    for filter in [FeedFilter::all(), at.filter()] {
        for (limit, count) in [(0, 1), (1, 1), (2, 2), (5, 5), (6, 5), (usize::MAX, 5)] {
            let page = page(&at, before, &filter, limit).await;
            let promise = format!("a limit of {limit} gives {count} of 5 events");
            same_events(&bare(page.events), &recorded[..count], &promise);
            assert_eq!(
                page.next.0,
                before.0 + count as u64,
                "{promise}: where to go on"
            );
            assert_eq!(page.head.0, before.0 + 5, "{promise}: the head");
        }
    }
}

/// Events of three types in streams of three categories, in feed order.
async fn mixed(at: &Ground) -> Vec<RecordedEvent> {
    let mut written: Vec<RecordedEvent> = Vec::new();
    for round in 0..3 {
        for name in ["Order-1", "Order-2", "Invoice-1", "Stock"] {
            let order = stream(name);
            let events: Vec<NewEvent> = ["Opened", "Changed", "opened"]
                .into_iter()
                .map(|event_type| at.event(event_type))
                .collect();
            at.put(&order, &events).await;
            written.extend(at.recorded(&order, round * 3 + 1, &events));
        }
    }
    written
}

pub(super) async fn what_is_said_in_several_lists_must_all_hold(at: Ground) {
    let written = mixed(&at).await;
    let types: [&[&str]; 4] = [&[], &["Opened"], &["Opened", "Changed"], &["Unheard%"]];
    let streams: [&[&str]; 4] = [&[], &["Order-1"], &["Order-2", "Stock"], &["Order"]];
    let categories: [&[&str]; 4] = [&[], &["Order"], &["Stock", "Invoice"], &["Orde_"]];
    for types in types {
        for streams in streams {
            for categories in categories {
                let filter = FeedFilter {
                    tenant: Some(at.tenant.clone()),
                    types: types.iter().map(|name| (*name).to_owned()).collect(),
                    streams: streams
                        .iter()
                        .map(|name| stream(name))
                        .collect::<Vec<StreamId>>(),
                    categories: categories
                        .iter()
                        .map(|name| Category::new(name).unwrap_or_else(|error| panic!("{error}")))
                        .collect(),
                };
                let expected: Vec<_> = written
                    .iter()
                    .filter(|event| filter.matches(event))
                    .cloned()
                    .collect();
                let promise =
                    format!("types {types:?}, streams {streams:?}, categories {categories:?}");
                for limit in [3, 100] {
                    let feed = bare(at.feed(Position::START, &filter, limit).await);
                    same_events(&feed, &expected, &promise);
                }
            }
        }
    }
}

pub(super) async fn an_empty_filter_delivers_every_tenant(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let order = stream("Order-1");
    let mut both = Vec::new();
    for round in 1..=3 {
        for ground in [&ours, &theirs] {
            let events = ground.events(1);
            ground.put(&order, &events).await;
            both.extend(ground.recorded(&order, round, &events));
        }
    }
    let feed = bare(ours.feed(Position::START, &FeedFilter::all(), 2).await);
    same_events(
        &feed,
        &both,
        "an empty filter delivers every tenant's events",
    );
    let everywhere = FeedFilter {
        streams: vec![order.clone()],
        ..FeedFilter::all()
    };
    let feed = bare(ours.feed(Position::START, &everywhere, 2).await);
    same_events(
        &feed,
        &both,
        "a stream's name without a tenant is that of every tenant",
    );
    for ground in [&ours, &theirs] {
        let own: Vec<_> = both
            .iter()
            .filter(|event| event.tenant == ground.tenant)
            .cloned()
            .collect();
        let feed = bare(ours.feed(Position::START, &ground.filter(), 2).await);
        same_events(&feed, &own, "a tenant's filter delivers its events alone");
    }
    ours.store.close().await;
}

pub(super) async fn the_reader_of_a_rare_type_moves_on(at: Ground) {
    let order = stream("Order-1");
    let rare = FeedFilter {
        types: vec!["Rare".to_owned()],
        ..at.filter()
    };
    at.put(&order, &at.events(300)).await;
    let needle = vec![at.event("Rare")];
    at.put(&order, &needle).await;
    at.put(&order, &at.events(300)).await;
    let head = at.head().await;
    let mut after = Position::START;
    let mut found = Vec::new();
    while after < head {
        let page = page(&at, after, &rare, 10).await;
        assert!(
            page.next > after,
            "a page that matches nothing still says where to go on"
        );
        assert_eq!(
            page.head, head,
            "a filtered page knows the head of the whole feed"
        );
        after = page.next;
        found.extend(page.events);
    }
    assert_eq!(after, head, "the reader of a rare type comes to the head");
    same_events(
        &bare(found),
        &at.recorded(&order, 301, &needle),
        "a rare event is found once",
    );
}

const SOON: Duration = Duration::from_secs(60);

pub(super) async fn a_waiting_reader_wakes_after_a_commit(at: Ground) {
    for round in 0..5 {
        // Made before the commit and awaited after it, as a reader does that wants to miss nothing.
        let moved = at.store.feed_moved();
        at.put(&stream("Order-1"), &at.events(1)).await;
        let woken = tokio::time::timeout(SOON, moved).await;
        assert!(
            woken.is_ok(),
            "a reader is woken by a commit (round {round})"
        );

        let moved = at.store.feed_moved();
        let reader = tokio::spawn(tokio::time::timeout(SOON, moved));
        at.put(&stream("Order-1"), &at.events(1)).await;
        let woken = super::ground::one(reader).await;
        assert!(
            woken.is_ok(),
            "a reader that waits already is woken by a commit"
        );
    }
}

pub(super) async fn a_waiting_reader_looks_again_after_a_while(at: Ground) {
    let woken = tokio::time::timeout(SOON, at.store.feed_moved()).await;
    assert!(
        woken.is_ok(),
        "`feed_moved` resolves after a while when nothing happens"
    );
    drop(at.store.feed_moved());
}
