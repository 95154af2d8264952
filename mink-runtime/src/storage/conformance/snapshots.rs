//! Snapshots, and reading from them.

use super::ground::{Ground, same_events, stream};
use super::wishes::fingerprint;
use crate::id::StreamId;
use crate::storage::{Change, Direction, Format, NewEvent, Snapshot, StorageError, StreamQuery};

/// What is read from a snapshot of shape 1 begins behind `snapshot`, and is the rest of the stream.
async fn expect_from(
    at: &Ground,
    query: &StreamQuery,
    snapshot: Option<&Snapshot>,
    rest: &[NewEvent],
    first: u64,
    promise: &str,
) {
    let read = at.read_on(query, 1).await;
    assert_eq!(read.snapshot.as_ref(), snapshot, "{promise}: the snapshot");
    if let (Some(read), Some(snapshot)) = (&read.snapshot, snapshot) {
        assert!(
            read.payload == snapshot.payload,
            "{promise}: the state, byte for byte"
        );
    }
    let expected = at.recorded(&query.stream, first, rest);
    same_events(&read.page.events, &expected, promise);
    let info = at.info(&query.stream).await;
    assert_eq!(
        (read.page.version, read.page.first, read.page.archived),
        (info.version, info.first, info.archived),
        "{promise}: what the page says of the stream"
    );
}

async fn ten_events(at: &Ground) -> (StreamId, Vec<NewEvent>) {
    let order = stream("Order-1");
    let events = at.events(10);
    at.put(&order, &events).await;
    (order, events)
}

pub(super) async fn a_stream_is_read_from_its_snapshot(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let query = at.query(&order);
    let promise = "without a snapshot the whole stream is read";
    expect_from(&at, &query, None, &events, 1, promise).await;
    let promise = "a stream is read from its snapshot on";
    for version in [4, 10] {
        let snapshot = Snapshot {
            format: if version == 4 {
                Format::Json
            } else {
                Format::Binary("state".into())
            },
            ..at.snapshot(&order, version, 1)
        };
        assert!(at.save(&snapshot).await, "{promise}");
        let rest = &events[version as usize..];
        expect_from(&at, &query, Some(&snapshot), rest, version + 1, promise).await;
    }
    let more = at.events(3);
    at.put(&order, &more).await;
    let snapshot = at.snapshot(&order, 10, 1);
    expect_from(&at, &query, Some(&snapshot), &more, 11, promise).await;
    let backwards = StreamQuery {
        direction: Direction::Backwards,
        ..query
    };
    let promise = "what follows a snapshot is read forwards";
    expect_from(&at, &backwards, Some(&snapshot), &more, 11, promise).await;
}

pub(super) async fn pages_follow_a_snapshot(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let snapshot = at.snapshot(&order, 3, 1);
    at.save(&snapshot).await;
    let promise = "pages that follow a snapshot give every event behind it once";
    let mut query = StreamQuery {
        limit: 3,
        ..at.query(&order)
    };
    let first = at.read_on(&query, 1).await;
    assert_eq!(first.snapshot.as_ref(), Some(&snapshot), "{promise}");
    let mut read = first.page.events.clone();
    let mut page = first.page;
    while let Some(next) = query.after(&page) {
        page = at
            .store
            .read_stream(&next)
            .await
            .unwrap_or_else(|error| panic!("{promise}: {error}"));
        read.extend(page.events.clone());
        query = next;
    }
    same_events(&read, &at.recorded(&order, 4, &events[3..]), promise);
}

pub(super) async fn a_snapshot_of_another_shape_is_as_none(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let query = at.query(&order);
    let other = at.snapshot(&order, 9, 2);
    let promise = "a snapshot under another fingerprint is as none";
    assert!(at.save(&other).await, "{promise}");
    expect_from(&at, &query, None, &events, 1, promise).await;
    let promise = "a snapshot under another fingerprint is replaced, whatever its version";
    let mine = at.snapshot(&order, 2, 1);
    assert!(at.save(&mine).await, "{promise}");
    expect_from(&at, &query, Some(&mine), &events[2..], 3, promise).await;
    let page = at.read_on(&query, 2).await;
    assert_eq!(page.snapshot, None, "{promise}");
}

pub(super) async fn a_newer_snapshot_wins(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let query = at.query(&order);
    let promise = "of two snapshots the newer one stays";
    let newer = at.snapshot(&order, 8, 1);
    assert!(at.save(&at.snapshot(&order, 5, 1)).await, "{promise}");
    assert!(at.save(&newer).await, "{promise}");
    for version in [7, 8] {
        let late = Snapshot {
            payload: "late".into(),
            ..at.snapshot(&order, version, 1)
        };
        assert!(!at.save(&late).await, "{promise}");
    }
    expect_from(&at, &query, Some(&newer), &events[8..], 9, promise).await;

    let promise = "of savers that race the newest stays";
    let savers = (1..=8)
        .map(|version| {
            let (at, snapshot) = (at.clone(), at.snapshot(&stream("Order-2"), version, 1));
            tokio::spawn(async move { at.save(&snapshot).await })
        })
        .collect();
    super::ground::all(savers).await;
    let (order, events) = (stream("Order-2"), at.events(9));
    at.put(&order, &events).await;
    let newest = at.snapshot(&order, 8, 1);
    expect_from(
        &at,
        &at.query(&order),
        Some(&newest),
        &events[8..],
        9,
        promise,
    )
    .await;
}

pub(super) async fn a_snapshot_outside_of_the_window_is_as_none(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let snapshot = at.snapshot(&order, 6, 1);
    at.save(&snapshot).await;
    let window = |from, to| StreamQuery {
        from,
        to,
        ..at.query(&order)
    };
    let promise = "a snapshot above the version asked for is as none";
    expect_from(&at, &window(1, 5), None, &events[..5], 1, promise).await;
    let promise = "a snapshot at the version asked for is all of it";
    expect_from(&at, &window(1, 6), Some(&snapshot), &[], 7, promise).await;
    let promise = "a snapshot within the window is where it begins";
    expect_from(
        &at,
        &window(0, 8),
        Some(&snapshot),
        &events[6..8],
        7,
        promise,
    )
    .await;
    expect_from(
        &at,
        &window(7, u64::MAX),
        Some(&snapshot),
        &events[6..],
        7,
        promise,
    )
    .await;
    let promise = "a snapshot below what the caller has is as none";
    expect_from(&at, &window(8, u64::MAX), None, &events[7..], 8, promise).await;
    expect_from(&at, &window(u64::MAX, u64::MAX), None, &[], 1, promise).await;

    let short = stream("Order-2");
    let few = at.events(2);
    at.put(&short, &few).await;
    at.save(&at.snapshot(&short, 3, 1)).await;
    let promise = "a snapshot beyond the stream's end is as none";
    expect_from(&at, &at.query(&short), None, &few, 1, promise).await;
    at.save(&at.snapshot(&short, u64::MAX, 1)).await;
    expect_from(&at, &at.query(&short), None, &few, 1, promise).await;
}

pub(super) async fn a_missing_stream_has_no_snapshot(at: Ground) {
    let order = stream("Order-1");
    at.save(&at.snapshot(&order, 1, 1)).await;
    let query = at.query(&order);
    let read = at.store.read_from_snapshot(&query, &fingerprint(1)).await;
    assert!(
        matches!(&read, Err(StorageError::StreamNotFound { stream }) if *stream == order),
        "a stream that was never written to is not found, snapshot or not: {read:?}"
    );
}

pub(super) async fn deleting_snapshots_leaves_the_events(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let names: Vec<_> = (1..=3).map(|n| stream(&format!("Order-{n}"))).collect();
    let mut events = Vec::new();
    for name in &names {
        for ground in [&ours, &theirs] {
            let more = ground.events(3);
            ground.put(name, &more).await;
            assert!(ground.save(&ground.snapshot(name, 2, 1)).await);
            events.push(more);
        }
    }
    let delete = async |name| {
        let deleted = ours.store.delete_snapshots(&ours.tenant, name).await;
        deleted.unwrap_or_else(|error| panic!("snapshots can be deleted: {error}"))
    };
    let promise = "deleting a snapshot deletes that one";
    assert_eq!(delete(Some(&names[0])).await, 1, "{promise}");
    assert_eq!(delete(Some(&names[0])).await, 0, "{promise}, once");
    expect_from(&ours, &ours.query(&names[0]), None, &events[0], 1, promise).await;
    let kept = ours.snapshot(&names[1], 2, 1);
    let query = ours.query(&names[1]);
    expect_from(&ours, &query, Some(&kept), &events[2][2..], 3, promise).await;
    let promise = "deleting all snapshots of a tenant leaves the events, and the other tenant's";
    assert_eq!(delete(None).await, 2, "{promise}");
    assert_eq!(delete(None).await, 0, "{promise}, once");
    for (number, name) in names.iter().enumerate() {
        let query = ours.query(name);
        expect_from(&ours, &query, None, &events[number * 2], 1, promise).await;
        let kept = theirs.snapshot(name, 2, 1);
        let rest = &events[number * 2 + 1][2..];
        expect_from(&theirs, &theirs.query(name), Some(&kept), rest, 3, promise).await;
    }
    ours.store.close().await;
}

pub(super) async fn a_snapshot_lasts_while_what_follows_it_is_there(at: Ground) {
    let (order, events) = ten_events(&at).await;
    let query = at.query(&order);
    let snapshot = at.snapshot(&order, 5, 1);
    at.save(&snapshot).await;
    let promise = "a snapshot stands for what was removed before it";
    let archive = Change::Archive {
        before: 4,
        events: 3,
    };
    at.change_to(&order, archive).await;
    expect_from(&at, &query, Some(&snapshot), &events[5..], 6, promise).await;
    at.change_to(&order, Change::TruncateBefore(6)).await;
    expect_from(&at, &query, Some(&snapshot), &events[5..], 6, promise).await;
    let promise = "a snapshot is gone when events behind it are removed";
    at.change_to(&order, Change::TruncateBefore(7)).await;
    expect_from(&at, &query, None, &events[6..], 7, promise).await;
    let deleted = at.store.delete_snapshots(&at.tenant, Some(&order)).await;
    assert_eq!(deleted.ok(), Some(0), "{promise}");
    let promise = "an old snapshot that is saved late is as none";
    at.save(&snapshot).await;
    expect_from(&at, &query, None, &events[6..], 7, promise).await;
}
