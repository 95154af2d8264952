//! Names mean themselves: no character is special, and no two names are one.

use super::ground::{Ground, bare, same_events, stream};
use crate::id::{Category, Position, StreamId};
use crate::storage::{FeedFilter, StreamList};

/// Every stream, written with one event, is itself and nothing else in every read.
async fn are_apart(at: &Ground, names: &[String], promise: &str) {
    let streams: Vec<_> = names.iter().map(|name| stream(name)).collect();
    let events: Vec<_> = streams.iter().map(|_| at.events(1)).collect();
    for (stream, events) in streams.iter().zip(&events) {
        at.put(stream, events).await;
    }
    for (stream, events) in streams.iter().zip(&events) {
        at.expect(stream, events, promise).await;
        let filter = FeedFilter {
            streams: vec![stream.clone()],
            ..at.filter()
        };
        let feed = bare(at.feed(Position::START, &filter, 100).await);
        same_events(&feed, &at.recorded(stream, 1, events), promise);
    }
    let listed = at
        .store
        .list_streams(&StreamList::new(at.tenant.clone()))
        .await;
    let listed = listed.unwrap_or_else(|error| panic!("streams can be listed: {error}"));
    let mut sorted = streams.clone();
    sorted.sort();
    assert_eq!(
        listed
            .into_iter()
            .map(|info| info.stream)
            .collect::<Vec<_>>(),
        sorted,
        "{promise}: all are listed"
    );
    for stream in &streams {
        let list = StreamList {
            prefix: Some(stream.as_str().to_owned()),
            ..StreamList::new(at.tenant.clone())
        };
        let found = at.store.list_streams(&list).await;
        let found = found.unwrap_or_else(|error| panic!("streams can be listed: {error}"));
        let expected: Vec<_> = sorted
            .iter()
            .filter(|other| other.as_str().starts_with(stream.as_str()))
            .cloned()
            .collect();
        assert_eq!(
            found
                .into_iter()
                .map(|info| info.stream)
                .collect::<Vec<StreamId>>(),
            expected,
            "{promise}: the prefix {stream:?} matches itself alone"
        );
    }
}

pub(super) async fn every_character_of_a_name_is_ordinary(at: Ground) {
    let names = [
        "Order-%",
        "Order-_",
        "Order-1%",
        "Order-'",
        "Order-''",
        "Order-\"",
        "Order-`",
        "Order-\\",
        "Order-\\%",
        "Order-\n",
        "Order-\r\n",
        "Order-\t",
        "Order-🦦",
        "Order-é",
        "Order-茶",
        "Order-{1,2}",
        "Order-$1",
        "Order-?1",
        "Order-:name",
        "Order-*",
        "Order-[a]",
        "Order-;--",
        "Order-\u{1}",
        "Order-\u{7f}",
        "Order-\u{fffd}",
        "Order-\u{10ffff}",
        "%",
        "_",
        "-",
        "--",
        " ",
        "Order-NULL",
        "null",
    ]
    .map(str::to_owned);
    are_apart(&at, &names, "every character of a name is ordinary").await;
}

pub(super) async fn similar_names_are_different_streams(at: Ground) {
    let names = [
        "Order-1",
        "order-1",
        "ORDER-1",
        "Order-1 ",
        " Order-1",
        "Order-01",
        "Order1",
        "Order--1",
        // One letter in two normal forms, and two that some collations hold equal.
        "Order-\u{e9}",
        "Order-e\u{301}",
        "Order-e",
        "Order-ss",
        "Order-ß",
        "Order-\u{200b}1",
    ]
    .map(str::to_owned);
    are_apart(&at, &names, "names that look alike are different streams").await;
}

pub(super) async fn a_name_may_have_1024_bytes(at: Ground) {
    let longest = format!("Order-{}", "x".repeat(StreamId::MAX_BYTES - 6));
    let names = [
        longest.clone(),
        format!("{}y", &longest[..StreamId::MAX_BYTES - 1]),
        longest[..StreamId::MAX_BYTES - 1].to_owned(),
        "🦦".repeat(StreamId::MAX_BYTES / 4),
        "\\%_'".repeat(StreamId::MAX_BYTES / 4),
        // Text that does not compress, for indexes that bound what is left of it.
        (0..StreamId::MAX_BYTES as u32)
            .map(|n| char::from(b'!' + (n.wrapping_mul(2_654_435_761) >> 16) as u8 % 94))
            .collect(),
    ];
    are_apart(&at, &names, "a name may have 1,024 bytes").await;
}

pub(super) async fn a_category_matches_as_text_and_not_as_a_pattern(at: Ground) {
    let categories = [
        ("User_", vec!["User_-1", "User_-2", "User_--"]),
        ("UserX", vec!["UserX-1"]),
        ("User", vec!["User-1", "User-_-1", "User"]),
        ("we%rd", vec!["we%rd-1"]),
        ("weird", vec!["weird-1"]),
        ("we", vec!["we-%rd-1"]),
        ("NoHyphen", vec!["NoHyphen"]),
        ("user", vec!["user-1"]),
        ("it's\\", vec!["it's\\-1"]),
        ("日本", vec!["日本-1"]),
    ];
    let mut events = Vec::new();
    for name in categories.iter().flat_map(|(_, names)| names) {
        let event = at.events(1);
        at.put(&stream(name), &event).await;
        events.push((*name, at.recorded(&stream(name), 1, &event).remove(0)));
    }
    for (category, names) in &categories {
        let promise = format!("the category `{category}` is the text before the first `-`");
        let category = Category::new(category).unwrap_or_else(|error| panic!("{error}"));
        let filter = FeedFilter {
            categories: vec![category.clone()],
            ..at.filter()
        };
        let expected: Vec<_> = events
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(_, event)| event.clone())
            .collect();
        let feed = bare(at.feed(Position::START, &filter, 100).await);
        same_events(&feed, &expected, &promise);
        let list = StreamList {
            category: Some(category),
            ..StreamList::new(at.tenant.clone())
        };
        let listed = at.store.list_streams(&list).await;
        let listed = listed.unwrap_or_else(|error| panic!("streams can be listed: {error}"));
        let mut names = names.clone();
        names.sort_unstable();
        assert_eq!(
            listed
                .iter()
                .map(|info| info.stream.as_str())
                .collect::<Vec<_>>(),
            names,
            "{promise}: its streams"
        );
    }
}
