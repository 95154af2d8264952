//! Reads of streams and single events.

use uuid::Uuid;

use super::ground::{Ground, same_events, stream};
use crate::id::{EventId, Position};
use crate::storage::{Direction, RecordedEvent, StorageError, StreamInfo, StreamPage, StreamQuery};

/// What a query has to give, worked out from the whole stream.
fn window(whole: &[RecordedEvent], query: &StreamQuery) -> Vec<RecordedEvent> {
    let mut events: Vec<_> = whole
        .iter()
        .filter(|event| query.from <= event.version && event.version <= query.to)
        .cloned()
        .collect();
    if query.direction == Direction::Backwards {
        events.reverse();
    }
    events.truncate(query.limit.max(1));
    events
}

async fn page(at: &Ground, query: &StreamQuery) -> StreamPage {
    at.store.read_stream(query).await.unwrap_or_else(|error| {
        panic!("an existing stream can be read, whatever the window ({query:?}): {error}")
    })
}

pub(super) async fn a_window_of_a_stream_is_what_was_asked_for(at: Ground) {
    let order = stream("Order-1");
    let events = at.events(5);
    at.put(&order, &events).await;
    at.put(&stream("Order-2"), &at.events(3)).await;
    let whole = at.recorded(&order, 1, &events);
    let beyond = [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    for direction in [Direction::Forwards, Direction::Backwards] {
        for from in [0, 1, 3, 5, 6].into_iter().chain(beyond) {
            for to in [0, 1, 3, 5, 6].into_iter().chain(beyond) {
                for limit in [0, 1, 2, 5, usize::MAX] {
                    let query = StreamQuery {
                        from,
                        to,
                        direction,
                        limit,
                        ..at.query(&order)
                    };
                    let page = page(&at, &query).await;
                    let promise = format!("the window {direction:?} {from}..={to} limit {limit}");
                    same_events(&page.events, &window(&whole, &query), &promise);
                    assert_eq!(
                        page.version, 5,
                        "{promise}: the page knows the stream's version"
                    );
                }
            }
        }
    }
}

pub(super) async fn pages_follow_each_other_to_the_end(at: Ground) {
    let order = stream("Order-1");
    let events = at.events(10);
    at.put(&order, &events).await;
    let whole = at.recorded(&order, 1, &events);
    for direction in [Direction::Forwards, Direction::Backwards] {
        for limit in [1, 3, 5, 10, 11] {
            for (from, to) in [(0, u64::MAX), (2, 9)] {
                let all = StreamQuery {
                    from,
                    to,
                    direction,
                    ..at.query(&order)
                };
                let mut next = Some(StreamQuery {
                    limit,
                    ..all.clone()
                });
                let mut read = Vec::new();
                while let Some(query) = next {
                    let page = page(&at, &query).await;
                    next = query.after(&page);
                    read.extend(page.events);
                }
                let promise = format!("pages of {limit} {direction:?} give every event once");
                same_events(&read, &window(&whole, &all), &promise);
            }
        }
    }
}

pub(super) async fn beyond_the_end_is_an_empty_page(at: Ground) {
    let order = stream("Order-1");
    at.put(&order, &at.events(2)).await;
    for (from, to) in [(3, u64::MAX), (u64::MAX, u64::MAX), (2, 1), (0, 0)] {
        let query = StreamQuery {
            from,
            to,
            ..at.query(&order)
        };
        let page = page(&at, &query).await;
        assert!(
            page.events.is_empty(),
            "{from}..={to} of 2 events is an empty page"
        );
        assert_eq!(page.version, 2, "an empty page knows the stream's version");
        assert_eq!(query.after(&page), None, "nothing follows an empty page");
    }
}

pub(super) async fn a_missing_stream_is_not_found(at: Ground) {
    at.put(&stream("Order-1"), &at.events(1)).await;
    for name in ["Order-2", "Order", "Order-", "Order-11", "order-1"] {
        let missing = stream(name);
        match at.store.read_stream(&at.query(&missing)).await {
            Err(StorageError::StreamNotFound { stream }) => {
                assert_eq!(stream, missing, "the error names the stream");
            }
            Err(error) => panic!("a missing stream is `StreamNotFound`, not: {error}"),
            Ok(_) => panic!("{name} was never written to, yet it was read"),
        }
        let info = at.store.stream_info(&at.tenant, &missing).await;
        assert!(
            matches!(info, Ok(None)),
            "nothing is known of a missing stream"
        );
    }
}

pub(super) async fn many_streams_are_read_at_once(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let (orders, invoices) = (at.events(4), at.events(2));
    at.put(&order, &orders).await;
    at.put(&invoice, &invoices).await;
    let recorded = at.recorded(&order, 1, &orders);
    let queries = [
        at.query(&stream("Missing-1")),
        StreamQuery {
            direction: Direction::Backwards,
            limit: 2,
            ..at.query(&order)
        },
        at.query(&invoice),
        at.query(&stream("Missing-2")),
        StreamQuery {
            from: 2,
            to: 3,
            ..at.query(&order)
        },
        StreamQuery {
            from: u64::MAX,
            ..at.query(&invoice)
        },
    ];
    let pages = at.store.read_streams(&queries).await;
    let pages = pages.unwrap_or_else(|error| panic!("many streams can be read at once: {error}"));
    assert_eq!(pages.len(), queries.len(), "every query has one answer");
    let expected = [
        None,
        Some((4, window(&recorded, &queries[1]))),
        Some((2, at.recorded(&invoice, 1, &invoices))),
        None,
        Some((4, recorded[1..3].to_vec())),
        Some((2, Vec::new())),
    ];
    for (index, (page, expected)) in pages.iter().zip(expected).enumerate() {
        let promise = format!("`pages[i]` answers `queries[i]` (i = {index})");
        match (page, expected) {
            (None, None) => {}
            (Some(page), Some((version, events))) => {
                assert_eq!(page.version, version, "{promise}: the stream's version");
                same_events(&page.events, &events, &promise);
            }
            (page, _) => panic!(
                "{promise}: `None` exactly for a missing stream, yet a page was there: {}",
                page.is_some()
            ),
        }
    }
    let none = at.store.read_streams(&[]).await;
    assert!(
        none.is_ok_and(|pages| pages.is_empty()),
        "no queries, no pages"
    );
}

pub(super) async fn an_event_is_found_by_its_id(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let (orders, invoices) = (at.events(3), at.events(2));
    at.put(&order, &orders).await;
    at.put(&invoice, &invoices).await;
    let mut all = at.recorded(&order, 1, &orders);
    all.extend(at.recorded(&invoice, 1, &invoices));
    let feed = at.feed(Position::START, &at.filter(), 100).await;
    for event in &all {
        let found = at.store.event(&at.tenant, event.id).await;
        let found = found.unwrap_or_else(|error| panic!("an event can be read by id: {error}"));
        let promise = "an event is found by its id";
        same_events(found.as_slice(), std::slice::from_ref(event), promise);
        let place = feed
            .iter()
            .find(|in_feed| in_feed.event.id == event.id)
            .map(|in_feed| in_feed.position);
        let position = at.store.position_of(&at.tenant, event.id).await;
        let position = position.unwrap_or_else(|error| panic!("a position can be asked: {error}"));
        assert!(place.is_some(), "a committed event is in the feed");
        assert_eq!(
            position, place,
            "`position_of` is the event's place in the feed"
        );
    }
    for unknown in [EventId(Uuid::nil()), EventId(Uuid::max()), at.id()] {
        let found = at.store.event(&at.tenant, unknown).await;
        assert!(matches!(found, Ok(None)), "an unknown id gives no event");
        let position = at.store.position_of(&at.tenant, unknown).await;
        assert!(
            matches!(position, Ok(None)),
            "an unknown id has no position"
        );
    }
}

pub(super) async fn a_stream_knows_its_version(at: Ground) {
    let order = stream("Order-1");
    for version in [1, 3, 6] {
        let before = if version == 1 { 0 } else { version / 2 };
        at.put(&order, &at.events(version - before)).await;
        let info = at.store.stream_info(&at.tenant, &order).await;
        let info = info.unwrap_or_else(|error| panic!("a stream can be asked about: {error}"));
        let expected = StreamInfo {
            tenant: at.tenant.clone(),
            stream: order.clone(),
            version: version as u64,
            first: 1,
            truncated: 0,
            archived: false,
            deleted: false,
        };
        assert_eq!(
            info,
            Some(expected),
            "a stream's version is that of its last event"
        );
    }
}
