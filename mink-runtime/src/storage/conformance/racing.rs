//! Many writers and readers at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ground::{Ground, all, bare, expect_conflict, one, same_events, stream};
use crate::id::{Position, StreamId, TenantId};
use crate::storage::{
    Commit, CommitError, ExpectedVersion, FeedEvent, FeedFilter, NewEvent, StorageError,
};

pub(super) async fn two_racers_create_a_stream_and_one_wins(at: Ground) {
    for round in 0..60 {
        let order = stream(&format!("Order-{round}"));
        // `Exact(0)` is the same as `NoStream`.
        let expected = [ExpectedVersion::NoStream, ExpectedVersion::Exact(0)];
        let entries = [at.events(2), at.events(2)];
        let racers = expected
            .iter()
            .zip(&entries)
            .map(|(expected, events)| {
                let commit = at.commit(&order, *expected, events);
                let at = at.clone();
                tokio::spawn(async move { at.submit(&commit).await })
            })
            .collect();
        let mut answers = all(racers).await;
        let promise = "of two racers that create one stream, one wins";
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "{promise} (round {round})");
        let winner = usize::from(answers[0].is_err());
        let lost = answers.remove(1 - winner);
        expect_conflict(lost, &order, expected[1 - winner], 2);
        at.expect(&order, &entries[winner], promise).await;
    }
}

pub(super) async fn racers_over_two_streams_never_share_them(at: Ground) {
    for round in 0..40 {
        let pair = [
            stream(&format!("Left-{round}")),
            stream(&format!("Right-{round}")),
        ];
        let entries = [at.events(2), at.events(2)];
        // Each names the streams in another order: a store that locks in the order given waits for ever.
        let racers = [[0, 1], [1, 0]]
            .into_iter()
            .zip(&entries)
            .map(|(order, events)| {
                let appends = order
                    .into_iter()
                    .zip(events)
                    .map(|(which, event)| {
                        let event = std::slice::from_ref(event);
                        at.append(&pair[which], ExpectedVersion::NoStream, event)
                    })
                    .collect();
                let (at, commit) = (at.clone(), Arc::new(Commit::new(appends)));
                tokio::spawn(async move { at.submit(&commit).await })
            })
            .collect();
        let answers = all(racers).await;
        let promise = "of two racers over the same two streams, one gets both";
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "{promise} (round {round})");
        let winner = usize::from(answers[0].is_err());
        assert!(
            matches!(answers[1 - winner], Err(CommitError::Conflict(_))),
            "{promise}: the other gets a conflict"
        );
        for (which, stream) in pair.iter().enumerate() {
            let written = if winner == 0 { which } else { 1 - which };
            at.expect(stream, &entries[winner][written..=written], promise)
                .await;
        }
    }
}

pub(super) async fn writers_that_retry_lose_no_update(at: Ground) {
    let order = stream("Order-1");
    const WRITERS: usize = 8;
    const EACH: usize = 15;
    let writers = (0..WRITERS)
        .map(|_| {
            let (at, order) = (at.clone(), order.clone());
            tokio::spawn(async move {
                let mut written = Vec::new();
                for event in at.events(EACH) {
                    written.push((append_after_retries(&at, &order, &event).await, event));
                }
                written
            })
        })
        .collect();
    let mut written: Vec<_> = all(writers).await.into_iter().flatten().collect();
    written.sort_by_key(|(version, _)| *version);
    let versions: Vec<_> = written.iter().map(|(version, _)| *version).collect();
    let promise = "writers that retry after a conflict lose no update";
    let expected: Vec<_> = (1..=(WRITERS * EACH) as u64).collect();
    assert_eq!(
        versions, expected,
        "{promise}: every writer has versions of its own"
    );
    let events: Vec<_> = written.into_iter().map(|(_, event)| event).collect();
    at.expect(&order, &events, promise).await;
}

async fn append_after_retries(at: &Ground, order: &StreamId, event: &NewEvent) -> u64 {
    loop {
        let info = at.store.stream_info(&at.tenant, order).await;
        let version = info
            .unwrap_or_else(|error| panic!("a stream can be asked about: {error}"))
            .map_or(0, |info| info.version);
        let expected = ExpectedVersion::Exact(version);
        let commit = at.commit(order, expected, std::slice::from_ref(event));
        match at.submit(&commit).await {
            Ok(done) => {
                let now = done.streams.first().map_or(0, |head| head.version);
                assert_eq!(
                    now,
                    version + 1,
                    "{expected} held, so the event's version is the next"
                );
                return now;
            }
            Err(CommitError::Conflict(conflict)) => assert!(
                conflict.actual > version,
                "a stream only grows: it was read at {version}, then found at {}",
                conflict.actual
            ),
            Err(error) => panic!("a writer gets through or meets a conflict, not: {error}"),
        }
    }
}

pub(super) async fn a_reader_never_sees_half_a_commit(at: Ground) {
    const SIZE: usize = 3;
    let order = stream("Order-1");
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (at, order, done) = (at.clone(), order.clone(), done.clone());
        tokio::spawn(async move {
            let mut seen = 0;
            loop {
                let last = done.load(Ordering::Acquire);
                match at.store.read_stream(&at.query(&order)).await {
                    Ok(page) => {
                        let count = page.events.len();
                        assert_eq!(count % SIZE, 0, "a reader never sees half a commit");
                        assert_eq!(
                            page.version, count as u64,
                            "a page and its version are one view"
                        );
                        assert!(count >= seen, "a stream that was read never shrinks");
                        seen = count;
                    }
                    Err(StorageError::StreamNotFound { .. }) if seen == 0 => {}
                    Err(error) => panic!("a stream can be read while it is written: {error}"),
                }
                if last {
                    return seen;
                }
                tokio::task::yield_now().await;
            }
        })
    };
    for _ in 0..80 {
        at.put(&order, &at.events(SIZE)).await;
    }
    done.store(true, Ordering::Release);
    assert_eq!(
        one(reader).await,
        80 * SIZE,
        "a reader sees all that was answered"
    );
}

pub(super) async fn a_live_reader_gets_every_event_once_in_order(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    follow_while_writing(
        &[ours.clone(), theirs.clone()],
        &[ours.clone(), theirs.clone()],
    )
    .await;
    ours.store.close().await;
}

pub(super) async fn two_nodes_share_one_feed(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    if let (Some(our_node), Some(their_node)) = (
        ours.through_another_handle().await,
        theirs.through_another_handle().await,
    ) {
        let writers = [
            ours.clone(),
            our_node.clone(),
            theirs.clone(),
            their_node.clone(),
        ];
        follow_while_writing(&writers, &[ours.clone(), their_node.clone()]).await;
        our_node.store.close().await;
        their_node.store.close().await;
    }
    ours.store.close().await;
}

/// Every writer runs several tasks over the same streams; every reader follows the feed, whole and for its
/// tenant. All that was committed must reach every reader once.
async fn follow_while_writing(writers: &[Ground], readers: &[Ground]) {
    let (end, until) = watch::channel(None);
    let follow = |reader: &Ground, filter: FeedFilter, limit| {
        let (reader, until) = (reader.clone(), until.clone());
        tokio::spawn(follow(reader, filter, limit, until))
    };
    let mut whole = Vec::new();
    let mut parts = Vec::new();
    for reader in readers {
        whole.push(follow(reader, FeedFilter::all(), 7));
        parts.push((reader.tenant.clone(), follow(reader, reader.filter(), 50)));
    }

    let tasks = writers
        .iter()
        .flat_map(|writer| (0..4).map(move |task| write(writer.clone(), task)))
        .collect();
    let mut committed: HashMap<TenantId, usize> = HashMap::new();
    for (tenant, count) in all(tasks).await {
        *committed.entry(tenant).or_default() += count;
    }
    let head = readers[0].head().await;
    end.send_replace(Some(head));

    let total: usize = committed.values().sum();
    let mut first: Option<Vec<FeedEvent>> = None;
    for feed in all(whole).await {
        let positions: Vec<_> = feed.iter().map(|event| event.position.0).collect();
        let gapless: Vec<_> = (1..=total as u64).collect();
        assert_eq!(
            positions, gapless,
            "a live reader gets every event once, and positions have no gaps"
        );
        expect_streams_in_order(&feed);
        let first = first.get_or_insert_with(|| feed.clone());
        assert!(*first == feed, "all readers get the same feed");
    }
    for (tenant, feed) in parts {
        let feed = one(feed).await;
        assert_eq!(
            feed.len(),
            committed.get(&tenant).copied().unwrap_or_default(),
            "a live reader of one tenant gets each of its events once"
        );
        expect_streams_in_order(&feed);
    }
    for reader in readers {
        for name in STREAMS {
            let stream = stream(name);
            let read = reader.read(&stream).await;
            let read = read.unwrap_or_else(|error| panic!("a written stream can be read: {error}"));
            let filter = FeedFilter {
                streams: vec![stream],
                ..reader.filter()
            };
            let feed = bare(reader.feed(Position::START, &filter, 100).await);
            same_events(&feed, &read, "the feed and the stream hold the same events");
        }
    }
}

/// How long a reader may get nothing new once the writers are done.
const STUCK: Duration = Duration::from_secs(30);

const STREAMS: [&str; 5] = ["Order-1", "Order-2", "Order-3", "Invoice-1", "Stock-1"];

/// Writes commits of several sizes over one and two streams; gives back how many events were committed.
fn write(at: Ground, task: usize) -> JoinHandle<(TenantId, usize)> {
    tokio::spawn(async move {
        let mut committed = 0;
        for round in 0..25 {
            let first = stream(STREAMS[(task + round) % STREAMS.len()]);
            let mut appends =
                vec![at.append(&first, ExpectedVersion::Any, &at.events(1 + round % 3))];
            if round % 4 == 0 {
                let second = stream(STREAMS[(task + round + 2) % STREAMS.len()]);
                appends.push(at.append(&second, ExpectedVersion::Any, &at.events(2)));
            }
            let commit = Arc::new(Commit::new(appends));
            match at.submit(&commit).await {
                Ok(_) => committed += commit.event_count(),
                Err(error) => panic!("appending at any version works beside others: {error}"),
            }
        }
        (at.tenant.clone(), committed)
    })
}

async fn follow(
    at: Ground,
    filter: FeedFilter,
    limit: usize,
    until: watch::Receiver<Option<Position>>,
) -> Vec<FeedEvent> {
    let mut read: Vec<FeedEvent> = Vec::new();
    let mut after = Position::START;
    let mut moved_on = Instant::now();
    loop {
        let end = *until.borrow();
        let moved = at.store.feed_moved();
        let page = at.store.read_feed(after, &filter, limit).await;
        let page = page.unwrap_or_else(|error| panic!("the feed can be followed: {error}"));
        let caught_up = page.next == page.head;
        for event in page.events {
            let last = read.last().map_or(Position::START, |last| last.position);
            assert!(
                event.position > last,
                "a live reader is never given an event again: {} came after {last}",
                event.position
            );
            read.push(event);
        }
        if page.next > after || end.is_none() {
            moved_on = Instant::now();
        }
        assert!(
            moved_on.elapsed() < STUCK,
            "a live reader gets to the head: it stays at {after}, the writers' head is {end:?}"
        );
        after = page.next;
        match end {
            Some(end) if after >= end => return read,
            _ if caught_up => moved.await,
            _ => {}
        }
    }
}

fn expect_streams_in_order(feed: &[FeedEvent]) {
    let mut versions: HashMap<(&TenantId, &StreamId), u64> = HashMap::new();
    for FeedEvent { position, event } in feed {
        let version = versions.entry((&event.tenant, &event.stream)).or_default();
        assert_eq!(
            event.version,
            *version + 1,
            "the feed keeps the order of stream {:?}: at position {position}",
            event.stream
        );
        *version += 1;
    }
}
