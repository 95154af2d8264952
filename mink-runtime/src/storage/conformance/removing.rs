//! Deleting streams, cutting them, and putting them back.

use std::sync::Arc;

use super::ground::{Ground, bare, expect_committed, same_events, stream};
use crate::id::{Position, StreamId};
use crate::storage::{
    Change, Commit, CommitError, Direction, ExpectedVersion, FeedEvent, FeedFilter, Format,
    LifecycleError, NewEvent, RecordedEvent, RestoreFault, StorageError, StreamChanged, StreamList,
    StreamQuery,
};

fn archive(before: u64, events: u64) -> Change {
    Change::Archive { before, events }
}

fn changed(events: u64, first: u64) -> StreamChanged {
    StreamChanged { events, first }
}

/// Whatever is asked of the stream, its events from `first` on are there and no others.
async fn expect_from(
    at: &Ground,
    order: &StreamId,
    events: &[NewEvent],
    first: u64,
    archived: bool,
    promise: &str,
) {
    let version = events.len() as u64;
    let left = at.recorded(order, first, &events[first as usize - 1..]);
    let info = at.info(order).await;
    assert_eq!(
        (info.version, info.first, info.archived, info.deleted),
        (version, first, archived, false),
        "{promise}: what is known of the stream"
    );
    for (from, to) in [(0, u64::MAX), (1, version), (first, version), (2, first)] {
        for direction in [Direction::Forwards, Direction::Backwards] {
            let query = StreamQuery {
                from,
                to,
                direction,
                ..at.query(order)
            };
            let mut expected: Vec<_> = left
                .iter()
                .filter(|event| event.version >= from && event.version <= to)
                .cloned()
                .collect();
            if direction == Direction::Backwards {
                expected.reverse();
            }
            let page = at.store.read_stream(&query).await;
            let page = page.unwrap_or_else(|error| panic!("{promise}: {error}"));
            same_events(&page.events, &expected, promise);
            assert_eq!(
                (page.version, page.first, page.archived),
                (version, first, archived),
                "{promise}: what a page says of the stream"
            );
            let pages = at.store.read_streams(std::slice::from_ref(&query)).await;
            let pages = pages.unwrap_or_else(|error| panic!("{promise}: {error}"));
            assert_eq!(pages, [Some(page)], "{promise}: many streams at once");
            let mut query = StreamQuery { limit: 2, ..query };
            let mut read = Vec::new();
            loop {
                let page = at.store.read_stream(&query).await;
                let page = page.unwrap_or_else(|error| panic!("{promise}: {error}"));
                let next = query.after(&page);
                read.extend(page.events);
                match next {
                    Some(next) => query = next,
                    None => break,
                }
            }
            same_events(&read, &expected, &format!("{promise}: page by page"));
        }
    }
    for (index, event) in events.iter().enumerate() {
        let found = at.store.event(&at.tenant, event.id).await;
        let found = found.unwrap_or_else(|error| panic!("{promise}: {error}"));
        assert_eq!(
            found.is_some(),
            index as u64 + 1 >= first,
            "{promise}: an event by its id"
        );
    }
}

/// The feed gives these places and counts the others as skipped, in pages of any size.
async fn expect_feed(
    at: &Ground,
    filter: &FeedFilter,
    whole: &[FeedEvent],
    skipped: impl Fn(&FeedEvent) -> bool,
    promise: &str,
) {
    let expected: Vec<_> = whole
        .iter()
        .filter(|place| !skipped(place))
        .cloned()
        .collect();
    for limit in [1, 3, 100] {
        let feed = at.feed(Position::START, filter, limit).await;
        assert!(
            feed == expected,
            "{promise}: the feed gives what is left, at the places it had"
        );
        let mut next = Position::START;
        let mut count = 0;
        loop {
            let page = at.store.read_feed(next, filter, limit).await;
            let page = page.unwrap_or_else(|error| panic!("{promise}: {error}"));
            count += page.skipped;
            next = page.next;
            if page.next >= page.head {
                break;
            }
        }
        assert_eq!(
            count,
            (whole.len() - expected.len()) as u64,
            "{promise}: the feed says how many places it skipped"
        );
    }
}

async fn ten_events(at: &Ground) -> (StreamId, Vec<NewEvent>) {
    let order = stream("Order-1");
    let events = at.events(10);
    at.put(&order, &events).await;
    (order, events)
}

async fn read(at: &Ground, order: &StreamId) -> Vec<RecordedEvent> {
    at.read(order)
        .await
        .unwrap_or_else(|error| panic!("a stream can be read: {error}"))
}

pub(super) async fn a_deleted_stream_is_neither_read_nor_written(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let (events, others) = (at.events(3), at.events(1));
    let commit = at.commit(&order, ExpectedVersion::NoStream, &events);
    at.submit(&commit)
        .await
        .unwrap_or_else(|error| panic!("a stream can be written: {error}"));
    at.put(&invoice, &others).await;
    at.save(&at.snapshot(&order, 2, 1)).await;
    let feed = at.feed(Position::START, &at.filter(), 100).await;
    let promise = "a deleted stream says so";
    for _ in 0..2 {
        let answer = at.change_to(&order, Change::Delete).await;
        assert_eq!(answer, changed(0, 1), "{promise}");
    }
    let info = at.info(&order).await;
    assert!(info.deleted && info.version == 3, "{promise}: {info:?}");
    let list = StreamList::new(at.tenant.clone());
    let listed = at.store.list_streams(&list).await;
    let listed = listed.unwrap_or_else(|error| panic!("{promise}: {error}"));
    assert!(listed.contains(&info), "{promise}: in the list too");

    let says_so = |error: Option<StorageError>| match error {
        Some(StorageError::StreamDeleted { stream }) => stream == order,
        _ => false,
    };
    let (query, other) = (at.query(&order), at.query(&invoice));
    assert!(
        says_so(at.store.read_stream(&query).await.err()),
        "{promise}"
    );
    let both = [other, query.clone()];
    assert!(
        says_so(at.store.read_streams(&both).await.err()),
        "{promise}"
    );
    let fingerprint = super::wishes::fingerprint(1);
    let from = at.store.read_from_snapshot(&query, &fingerprint).await;
    assert!(says_so(from.err()), "{promise}");
    for expected in [
        ExpectedVersion::Any,
        ExpectedVersion::NoStream,
        ExpectedVersion::Exact(3),
        ExpectedVersion::Exact(9),
    ] {
        let append = at.append(&order, expected, &at.events(1));
        let other = at.append(&invoice, ExpectedVersion::Any, &at.events(1));
        let late = Arc::new(Commit::new(vec![other, append]));
        let answer = at.submit(&late).await;
        assert!(
            matches!(&answer, Err(CommitError::StreamDeleted { stream }) if *stream == order),
            "{promise} to a writer: {answer:?}"
        );
    }
    at.expect(
        &invoice,
        &others,
        "of a commit to a deleted stream nothing is written",
    )
    .await;
    let promise = "a value is recognised also when its stream was deleted since";
    expect_committed(at.submit(&commit).await, &commit, &[3], true, promise);
    let promise = "the events of a deleted stream stay in the feed";
    expect_feed(&at, &at.filter(), &feed, |_| false, promise).await;
    let found = at.store.event(&at.tenant, events[0].id).await;
    assert!(matches!(found, Ok(Some(_))), "and are found by their ids");

    let promise = "a stream that is undeleted is as it was";
    for _ in 0..2 {
        let answer = at.change_to(&order, Change::Undelete).await;
        assert_eq!(answer, changed(0, 1), "{promise}");
    }
    at.expect(&order, &events, promise).await;
    let page = at.read_on(&query, 1).await;
    assert_eq!(page.snapshot, Some(at.snapshot(&order, 2, 1)), "{promise}");
    let more = at.commit(&order, ExpectedVersion::Exact(3), &at.events(1));
    expect_committed(at.submit(&more).await, &more, &[4], false, promise);
}

pub(super) async fn a_deleted_stream_leaves_its_neighbours_alone(at: Ground) {
    let (order, _) = ten_events(&at).await;
    at.change_to(&order, Change::Delete).await;
    let promise = "a deleted stream in a batch does not touch its neighbours";
    let key = at.keyed("key", &order, ExpectedVersion::Any, &at.events(1));
    let batch = [
        at.commit(&stream("Order-2"), ExpectedVersion::NoStream, &at.events(1)),
        key,
        at.commit(&stream("Order-3"), ExpectedVersion::Any, &at.events(1)),
    ];
    let mut answers = at.submit_batch(&batch).await;
    let deleted = answers.remove(1);
    assert!(
        matches!(deleted, Err(CommitError::StreamDeleted { .. })),
        "{promise}: {deleted:?}"
    );
    for (answer, commit) in answers.into_iter().zip([&batch[0], &batch[2]]) {
        expect_committed(answer, commit, &[1], false, promise);
    }
    at.expect_free("key", promise).await;
}

pub(super) async fn truncated_events_are_gone_and_keep_their_places(at: Ground) {
    let (order, mut events) = ten_events(&at).await;
    let other = stream("Order-2");
    at.put(&other, &at.events(2)).await;
    let feed = at.feed(Position::START, &at.filter(), 100).await;
    let promise = "what is truncated is gone, and the rest is as it was";
    for (before, answer) in [
        (1, changed(0, 1)),
        (4, changed(3, 4)),
        (4, changed(0, 4)),
        (2, changed(0, 4)),
        (7, changed(3, 7)),
        (11, changed(4, 11)),
    ] {
        let change = at.change_to(&order, Change::TruncateBefore(before)).await;
        assert_eq!(change, answer, "{promise}");
        expect_from(&at, &order, &events, answer.first, false, promise).await;
        let gone =
            |place: &FeedEvent| place.event.stream == order && place.event.version < answer.first;
        expect_feed(&at, &at.filter(), &feed, gone, promise).await;
        let filter = FeedFilter {
            streams: vec![other.clone()],
            ..at.filter()
        };
        let others: Vec<_> = feed
            .iter()
            .filter(|place| place.event.stream == other)
            .cloned()
            .collect();
        let promise = "a filter counts as skipped what it would let through";
        expect_feed(&at, &filter, &others, |_| false, promise).await;
    }
    for (event, place) in events.iter().zip(&feed) {
        let position = at.store.position_of(&at.tenant, event.id).await;
        assert_eq!(
            position.ok().flatten(),
            Some(place.position),
            "a truncated event keeps its place"
        );
    }
    let promise = "versions go on where they were";
    let more = at.events(2);
    let next = at.commit(&order, ExpectedVersion::Exact(10), &more);
    expect_committed(at.submit(&next).await, &next, &[12], false, promise);
    events.extend(more);
    expect_from(&at, &order, &events, 11, false, promise).await;
}

pub(super) async fn truncated_events_are_still_recognised(at: Ground) {
    let order = stream("Order-1");
    let events = at.events(3);
    let commit = at.commit(&order, ExpectedVersion::NoStream, &events);
    let promise = "a value is recognised also when its events were removed since";
    expect_committed(at.submit(&commit).await, &commit, &[3], false, promise);
    at.change_to(&order, archive(3, 2)).await;
    expect_committed(at.submit(&commit).await, &commit, &[3], true, promise);
    at.change_to(&order, Change::TruncateBefore(4)).await;
    expect_committed(at.submit(&commit).await, &commit, &[3], true, promise);
    expect_from(&at, &order, &events, 4, false, promise).await;
}

pub(super) async fn archived_events_are_restored_as_they_were(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let feed = at.feed(Position::START, &at.filter(), 100).await;
    let kept = read(&at, &order).await;
    let promise = "what is archived is away, and the rest is as it was";
    let answer = at.change_to(&order, archive(6, 5)).await;
    assert_eq!(answer, changed(5, 6), "{promise}");
    expect_from(&at, &order, &events, 6, true, promise).await;
    expect_feed(&at, &at.filter(), &feed, |p| p.event.version < 6, promise).await;
    let answer = at.change_to(&order, archive(11, 5)).await;
    assert_eq!(answer, changed(5, 11), "{promise}");
    expect_from(&at, &order, &events, 11, true, promise).await;

    let promise = "what is restored is as it was, at the place that it had";
    let restore = |range: std::ops::Range<usize>| Change::Restore(kept[range].to_vec());
    let answer = at.change_to(&order, restore(8..10)).await;
    assert_eq!(answer, changed(2, 9), "{promise}");
    expect_from(&at, &order, &events, 9, true, promise).await;
    expect_feed(&at, &at.filter(), &feed, |p| p.event.version < 9, promise).await;
    let answer = at.change_to(&order, restore(0..0)).await;
    assert_eq!(answer, changed(0, 9), "{promise}: nothing is nothing");
    let answer = at.change_to(&order, restore(0..8)).await;
    assert_eq!(answer, changed(8, 1), "{promise}");
    expect_from(&at, &order, &events, 1, false, promise).await;
    expect_feed(&at, &at.filter(), &feed, |_| false, promise).await;
}

pub(super) async fn binary_events_are_restored_byte_for_byte(at: Ground) {
    let order = stream("Order-1");
    let mut events = at.events(3);
    events[0].format = Format::Binary("cbor".into());
    events[0].payload = (0..=255).collect::<Vec<u8>>().into();
    events[1].payload = "{ \"b\":1,\n\"a\": 2.50 }".into();
    events[1]
        .metadata
        .custom
        .insert("shop".into(), "north".into());
    at.put(&order, &events).await;
    let kept = read(&at, &order).await;
    at.change_to(&order, archive(4, 3)).await;
    at.change_to(&order, Change::Restore(kept)).await;
    at.expect(
        &order,
        &events,
        "payload and metadata come back byte for byte",
    )
    .await;
}

pub(super) async fn only_what_was_archived_is_restored(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let other = stream("Order-2");
    at.put(&other, &at.events(2)).await;
    let kept = read(&at, &order).await;
    let others = read(&at, &other).await;
    at.change_to(&order, Change::TruncateBefore(3)).await;
    at.change_to(&order, archive(7, 4)).await;
    let with = |change: fn(&mut RecordedEvent)| {
        let mut events = kept[2..6].to_vec();
        change(&mut events[1]);
        events
    };
    for (events, reason) in [
        (kept[1..6].to_vec(), RestoreFault::NotArchived),
        (kept[2..7].to_vec(), RestoreFault::NotArchived),
        (kept[2..5].to_vec(), RestoreFault::OutOfOrder),
        (
            vec![kept[3].clone(), kept[5].clone()],
            RestoreFault::OutOfOrder,
        ),
        (
            vec![kept[5].clone(), kept[4].clone()],
            RestoreFault::OutOfOrder,
        ),
        (others[..1].to_vec(), RestoreFault::OtherStream),
        (
            with(|e| e.tenant = crate::id::TenantId::new("x").unwrap_or_default()),
            RestoreFault::OtherStream,
        ),
        (
            with(|e| e.id = crate::id::EventId::new()),
            RestoreFault::OtherEvent,
        ),
        (
            with(|e| e.event_type = "Other".into()),
            RestoreFault::OtherEvent,
        ),
        (with(|e| e.schema_version += 1), RestoreFault::OtherEvent),
        (
            with(|e| e.recorded_at += chrono::TimeDelta::microseconds(1)),
            RestoreFault::OtherEvent,
        ),
        (with(|e| e.payload = "{".into()), RestoreFault::Payload),
        (
            with(|e| e.format = Format::Binary(Format::ARCHIVED.into())),
            RestoreFault::Payload,
        ),
    ] {
        let answer = at.try_to(&order, Change::Restore(events)).await;
        assert!(
            matches!(&answer, Err(LifecycleError::NotRestorable { reason: found, .. }) if *found == reason),
            "what was not archived so cannot be restored, {reason:?}: {answer:?}"
        );
    }
    let promise = "a restore that is refused changes nothing";
    expect_from(&at, &order, &events, 7, true, promise).await;
    let answer = at
        .change_to(&order, Change::Restore(kept[2..6].to_vec()))
        .await;
    assert_eq!(answer, changed(4, 3), "what was archived comes back");
    let promise = "what was truncated below it stays gone";
    expect_from(&at, &order, &events, 3, false, promise).await;
    at.change_to(&order, archive(7, 4)).await;
    let answer = at.change_to(&order, Change::TruncateBefore(6)).await;
    assert_eq!(answer, changed(3, 7), "archived events can be truncated");
    expect_from(
        &at,
        &order,
        &events,
        7,
        true,
        "the last archived one is left",
    )
    .await;
    let answer = at.change_to(&order, Change::TruncateBefore(9)).await;
    assert_eq!(answer, changed(3, 9), "and go with the next");
    expect_from(&at, &order, &events, 9, false, "none can be restored").await;
}

pub(super) async fn a_change_counts_what_it_touches(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let promise = "a change that would touch another number of events is taken back";
    for (before, said, found) in [(6, 4, 5), (6, 6, 5), (6, 0, 5), (1, 1, 0), (11, 9, 10)] {
        let answer = at.try_to(&order, archive(before, said)).await;
        match answer {
            Err(LifecycleError::RowsDiffer {
                stream,
                expected,
                found: counted,
            }) => assert_eq!(
                (stream, expected, counted),
                (order.clone(), said, found),
                "{promise}: the error says which and how many"
            ),
            answer => panic!("{promise}: {answer:?}"),
        }
        expect_from(&at, &order, &events, 1, false, promise).await;
    }
    at.change_to(&order, archive(6, 5)).await;
    let again = at.try_to(&order, archive(6, 5)).await;
    assert!(
        matches!(again, Err(LifecycleError::RowsDiffer { found: 0, .. })),
        "events are archived once: {again:?}"
    );
    for change in [
        Change::TruncateBefore(12),
        Change::TruncateBefore(u64::MAX),
        archive(12, 6),
        archive(u64::MAX, u64::MAX),
    ] {
        let said = format!("{change:?}");
        let answer = at.try_to(&order, change).await;
        assert!(
            matches!(
                answer,
                Err(LifecycleError::BeyondTheEnd { version: 10, .. })
            ),
            "a version beyond the end is refused, {said}: {answer:?}"
        );
    }
    expect_from(&at, &order, &events, 6, true, "and nothing has changed").await;
}

pub(super) async fn a_change_is_guarded_by_the_version(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let kept = read(&at, &order).await;
    let missing = stream("Order-2");
    for change in [
        Change::Delete,
        Change::Undelete,
        Change::TruncateBefore(3),
        archive(3, 2),
        Change::Restore(kept),
    ] {
        for expected in [
            ExpectedVersion::NoStream,
            ExpectedVersion::Exact(9),
            ExpectedVersion::Exact(11),
        ] {
            let wish = at.change(&order, expected, change.clone());
            let answer = at.store.change_stream(&wish).await;
            match &answer {
                Err(LifecycleError::Conflict(conflict)) => assert_eq!(
                    (&conflict.stream, conflict.expected, conflict.actual),
                    (&order, expected, 10),
                    "a conflict says what was expected and what is"
                ),
                _ => panic!("{expected} at version 10 is a conflict, {change:?}: {answer:?}"),
            }
        }
        let wish = at.change(&missing, ExpectedVersion::Any, change.clone());
        let answer = at.store.change_stream(&wish).await;
        assert!(
            matches!(&answer, Err(LifecycleError::StreamNotFound { stream }) if *stream == missing),
            "a stream that was never written to is not found, {change:?}: {answer:?}"
        );
    }
    let promise = "a change that is refused changes nothing";
    expect_from(&at, &order, &events, 1, false, promise).await;
    for expected in [
        ExpectedVersion::Exact(10),
        ExpectedVersion::StreamExists,
        ExpectedVersion::Any,
    ] {
        let wish = at.change(&order, expected, Change::Delete);
        let answer = at.store.change_stream(&wish).await;
        assert_eq!(answer.ok(), Some(changed(0, 1)), "{expected} holds");
    }
}

pub(super) async fn a_deleted_stream_can_be_cut(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let kept = read(&at, &order).await;
    at.change_to(&order, Change::Delete).await;
    let promise = "a deleted stream can be cut and restored like any other";
    for (change, answer) in [
        (archive(4, 3), changed(3, 4)),
        (Change::Restore(kept[2..3].to_vec()), changed(1, 3)),
        (Change::TruncateBefore(6), changed(5, 6)),
    ] {
        assert_eq!(at.change_to(&order, change).await, answer, "{promise}");
    }
    assert!(at.info(&order).await.deleted, "and stays deleted");
    let answer = at.change_to(&order, Change::Undelete).await;
    assert_eq!(answer, changed(0, 6), "{promise}");
    expect_from(&at, &order, &events, 6, false, promise).await;
}

pub(super) async fn a_format_cannot_be_named_like_a_stub(at: Ground) {
    let order = stream("Order-1");
    for name in Format::RESERVED {
        let mut events = at.events(1);
        events[0].format = Format::Binary(name.into());
        let answer = at
            .submit(&at.commit(&order, ExpectedVersion::Any, &events))
            .await;
        assert!(
            matches!(&answer, Err(CommitError::ReservedFormat { format, .. }) if format == name),
            "no event can be stored under a stub's format: {answer:?}"
        );
    }
    at.expect(&order, &[], "an event under a stub's format is not stored")
        .await;
}

pub(super) async fn one_tenants_change_is_not_anothers(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let promise = "a change touches the events of its tenant alone";
    let (order, our_events) = ten_events(&ours).await;
    let (_, their_events) = ten_events(&theirs).await;
    let before = bare(theirs.feed(Position::START, &theirs.filter(), 100).await);
    ours.change_to(&order, archive(4, 3)).await;
    ours.change_to(&order, Change::TruncateBefore(3)).await;
    expect_from(&theirs, &order, &their_events, 1, false, promise).await;
    expect_from(&ours, &order, &our_events, 4, true, promise).await;
    ours.change_to(&order, Change::Delete).await;
    theirs.expect(&order, &their_events, promise).await;
    let after = bare(theirs.feed(Position::START, &theirs.filter(), 100).await);
    same_events(&after, &before, promise);
    theirs.change_to(&order, archive(11, 10)).await;
    ours.change_to(&order, Change::Undelete).await;
    expect_from(&ours, &order, &our_events, 4, true, promise).await;
    ours.store.close().await;
}

pub(super) async fn of_changes_that_race_each_counts_once(at: Ground) {
    let promise = "of archivers that race one archives, and the others hear that nothing is left";
    for round in 0..10 {
        let order = stream(&format!("Order-{round}"));
        let events = at.events(6);
        at.put(&order, &events).await;
        let racers = (0..4)
            .map(|_| {
                let (at, order) = (at.clone(), order.clone());
                tokio::spawn(async move { at.try_to(&order, archive(4, 3)).await })
            })
            .collect();
        let mut done = 0;
        for answer in super::ground::all(racers).await {
            match answer {
                Ok(answer) => {
                    assert_eq!(answer, changed(3, 4), "{promise}");
                    done += 1;
                }
                Err(LifecycleError::RowsDiffer { found: 0, .. }) => {}
                Err(error) => panic!("{promise}: {error}"),
            }
        }
        assert_eq!(done, 1, "{promise}");
        expect_from(&at, &order, &events, 4, true, promise).await;
    }
}

pub(super) async fn another_node_sees_a_change(at: Ground) {
    let (ours, _) = at.both_elsewhere().await;
    if let Some(node) = ours.through_another_handle().await {
        let promise = "a change on one node is one for all";
        let (order, events) = ten_events(&ours).await;
        node.expect(&order, &events, promise).await;
        let kept = read(&ours, &order).await;
        ours.change_to(&order, archive(6, 5)).await;
        expect_from(&node, &order, &events, 6, true, promise).await;
        node.change_to(&order, Change::Restore(kept[..5].to_vec()))
            .await;
        expect_from(&ours, &order, &events, 1, false, promise).await;
        node.change_to(&order, Change::Delete).await;
        let read = ours.store.read_stream(&ours.query(&order)).await;
        assert!(
            matches!(read, Err(StorageError::StreamDeleted { .. })),
            "{promise}: {read:?}"
        );
        node.store.close().await;
    }
    ours.store.close().await;
}
