//! Closing, reopening and abandoning.

use std::sync::Arc;

use super::ground::{Ground, bare, expect_committed, same_events, stream};
use super::wishes;
use crate::id::Position;
use crate::storage::{
    Change, Commit, CommitError, ExpectedVersion, FeedFilter, KeyDigest, LifecycleError,
    StorageError, StreamList,
};

pub(super) async fn a_closed_store_says_so(at: Ground) {
    let (at, _) = at.both_elsewhere().await;
    let order = stream("Order-1");
    let events = at.events(1);
    at.put(&order, &events).await;
    let waiting = at.store.feed_moved();
    at.store.close().await;
    at.store.close().await;

    let late = ["Order-1", "Order-2"]
        .map(|name| at.commit(&stream(name), ExpectedVersion::Any, &at.events(1)));
    let answers = at.store.commit(&late).await;
    assert_eq!(answers.len(), 2, "a closed store answers every commit");
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(CommitError::Closed))),
        "a closed store answers a commit with `Closed`"
    );
    let (store, id) = (&at.store, events[0].id);
    let (query, filter) = (at.query(&order), FeedFilter::all());
    let list = StreamList::new(at.tenant.clone());
    let queries = std::slice::from_ref(&query);
    let (key, owner) = (KeyDigest::of("a key"), wishes::owner(1));
    let reservation = at.reservation("a key", owner, wishes::LONG);
    let (fingerprint, snapshot) = (wishes::fingerprint(1), at.snapshot(&order, 1, 1));
    let change = at.change(&order, ExpectedVersion::Any, Change::Delete);
    let changed = store.change_stream(&change).await.err();
    assert!(
        matches!(changed, Some(LifecycleError::Storage(StorageError::Closed))),
        "a closed store answers `change_stream` with `Closed`, not: {changed:?}"
    );
    for (read, error) in [
        ("read_stream", store.read_stream(&query).await.err()),
        ("read_streams", store.read_streams(queries).await.err()),
        (
            "read_feed",
            store.read_feed(Position::START, &filter, 1).await.err(),
        ),
        ("head", store.head().await.err()),
        ("event", store.event(&at.tenant, id).await.err()),
        ("position_of", store.position_of(&at.tenant, id).await.err()),
        (
            "stream_info",
            store.stream_info(&at.tenant, &order).await.err(),
        ),
        ("list_streams", store.list_streams(&list).await.err()),
        ("reserve_key", store.reserve_key(&reservation).await.err()),
        (
            "release_key",
            store.release_key(&at.tenant, key, owner).await.err(),
        ),
        ("answer_of", store.answer_of(&at.tenant, key).await.err()),
        ("sweep_keys", store.sweep_keys(1).await.err()),
        (
            "read_from_snapshot",
            store.read_from_snapshot(&query, &fingerprint).await.err(),
        ),
        ("save_snapshot", store.save_snapshot(&snapshot).await.err()),
        (
            "delete_snapshots",
            store.delete_snapshots(&at.tenant, None).await.err(),
        ),
    ] {
        assert!(
            matches!(error, Some(StorageError::Closed)),
            "a closed store answers `{read}` with `Closed`, not: {error:?}"
        );
    }
    waiting.await;
    store.feed_moved().await;
}

pub(super) async fn closing_finishes_what_runs(at: Ground) {
    for _ in 0..10 {
        let (at, _) = at.both_elsewhere().await;
        let commits: Vec<_> = (0..8)
            .map(|n| {
                at.commit(
                    &stream(&format!("Order-{n}")),
                    ExpectedVersion::Any,
                    &at.events(2),
                )
            })
            .collect();
        let running = commits
            .iter()
            .map(|commit| {
                let (store, commit) = (at.store.clone(), commit.clone());
                tokio::spawn(async move { store.commit(&[commit]).await.remove(0) })
            })
            .collect();
        tokio::task::yield_now().await;
        at.store.close().await;
        for answer in super::ground::all(running).await {
            assert!(
                matches!(
                    answer,
                    Ok(_) | Err(CommitError::Closed | CommitError::Busy { .. })
                ),
                "closing finishes a commit or refuses it: {:?}",
                answer.err()
            );
        }
    }
}

pub(super) async fn an_abandoned_commit_is_whole_or_absent(at: Ground) {
    let promise = "a commit whose future was dropped is whole or absent";
    for round in 0..60_usize {
        let (left, right) = (
            stream(&format!("Left-{round}")),
            stream(&format!("Right-{round}")),
        );
        let (lefts, rights) = (at.events(3), at.events(2));
        let commit = Arc::new(Commit::new(vec![
            at.append(&left, ExpectedVersion::NoStream, &lefts),
            at.append(&right, ExpectedVersion::NoStream, &rights),
        ]));
        let batch = [commit.clone()];
        tokio::select! {
            biased;
            () = turns(round % 12) => {}
            _ = at.store.commit(&batch) => {}
        }

        // The left one is read first: once it is there, the right one has to be there too.
        let versions = [version(&at, &left).await, version(&at, &right).await];
        assert!(
            matches!(versions, [0, 0 | 2] | [3, 2]),
            "{promise}: its streams are at {versions:?} of [3, 2]"
        );
        let answer = at.submit(&commit).await;
        let recognised = answer.as_ref().is_ok_and(|done| done.recognised);
        expect_committed(answer, &commit, &[3, 2], recognised, promise);
        assert!(
            recognised || versions == [0, 0],
            "{promise}: what is there is recognised"
        );
        at.expect(&left, &lefts, promise).await;
        at.expect(&right, &rights, promise).await;
    }
    let feed = at.feed(Position::START, &at.filter(), 100).await;
    assert_eq!(feed.len(), 60 * 5, "{promise}: also in the feed");
}

/// Lets other tasks run a number of times: where the commit is cut off differs from round to round.
async fn turns(count: usize) {
    for _ in 0..count * count {
        tokio::task::yield_now().await;
    }
}

async fn version(at: &Ground, name: &crate::id::StreamId) -> u64 {
    let info = at.store.stream_info(&at.tenant, name).await;
    info.unwrap_or_else(|error| panic!("the store stays usable after an abandoned commit: {error}"))
        .map_or(0, |info| info.version)
}

pub(super) async fn another_handle_sees_the_same_data(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    if let Some(node) = ours.through_another_handle().await {
        let order = stream("Order-1");
        let mut events = Vec::new();
        let promise = "what one handle committed, another sees when it is answered";
        for round in 0..10 {
            let (writer, reader) = if round % 2 == 0 {
                (&ours, &node)
            } else {
                (&node, &ours)
            };
            let moved = reader.store.feed_moved();
            let more = writer.events(2);
            let expected = ExpectedVersion::Exact(events.len() as u64);
            let commit = writer.commit(&order, expected, &more);
            let version = [events.len() as u64 + 2];
            expect_committed(
                writer.submit(&commit).await,
                &commit,
                &version,
                false,
                promise,
            );
            events.extend(more);
            reader.expect(&order, &events, promise).await;
            let feed = bare(reader.feed(Position::START, &FeedFilter::all(), 7).await);
            same_events(&feed, &reader.recorded(&order, 1, &events), promise);
            expect_committed(
                reader.submit(&commit).await,
                &commit,
                &version,
                true,
                promise,
            );
            moved.await;
        }
        theirs.expect(&order, &[], promise).await;
        node.store.close().await;
        ours.expect(&order, &events, "closing one handle leaves the other open")
            .await;
    }
    ours.store.close().await;
}

pub(super) async fn what_was_committed_survives_reopening(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let (orders, invoices) = (ours.events(5), theirs.events(2));
    let commit = ours.commit(&order, ExpectedVersion::NoStream, &orders);
    let promise = "what was committed is there after closing and reopening";
    expect_committed(ours.submit(&commit).await, &commit, &[5], false, promise);
    theirs.put(&invoice, &invoices).await;
    let before = ours.feed(Position::START, &FeedFilter::all(), 100).await;
    ours.store.close().await;
    if let Some(ours) = ours.through_another_handle().await {
        let after = ours.feed(Position::START, &FeedFilter::all(), 100).await;
        assert!(before == after, "{promise}: the feed, positions included");
        ours.expect(&order, &orders, promise).await;
        ours.expect(&invoice, &[], promise).await;
        expect_committed(ours.submit(&commit).await, &commit, &[5], true, promise);
        let more = ours.events(1);
        ours.put(&order, &more).await;
        let head = ours.head().await;
        assert_eq!(head, Position(8), "positions go on where they were");
        ours.store.close().await;
    }
}
