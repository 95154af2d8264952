//! What is committed comes back, whole and unchanged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;

use super::ground::{
    Ground, bare, expect_committed, expect_conflict, expect_reused, same_events, stream, time,
};
use crate::metadata::{Metadata, TraceContext};
use crate::storage::{Commit, CommitError, ExpectedVersion, Format};

pub(super) async fn an_event_comes_back_as_it_was_appended(at: Ground) {
    let order = stream("Order-1");
    let mut placed = at.event("OrderPlaced");
    placed.schema_version = 7;
    placed.payload = Bytes::from_static(br#"{ "total" : 10.50, "by":"zo\u00eb" }"#);
    placed.metadata = full_metadata();
    let mut drawn = at.event("drawing.added/v2");
    drawn.format = Format::Binary(Cow::Borrowed("image/png"));
    drawn.payload = Bytes::from_static(&[0x89, b'P', b'N', b'G', 0, 0xff]);
    let events = [placed, drawn];
    let before = at.head().await;
    let commit = at.commit(&order, ExpectedVersion::NoStream, &events);
    let promise = "an event comes back as it was appended";
    expect_committed(at.submit(&commit).await, &commit, &[2], false, promise);
    at.expect(&order, &events, promise).await;
    let recorded = at.recorded(&order, 1, &events);
    let feed = at.feed(before, &at.filter(), 100).await;
    same_events(
        &bare(feed),
        &recorded,
        "the feed gives the event as it was appended",
    );
    for event in &recorded {
        let found = at.store.event(&at.tenant, event.id).await;
        let found = found.unwrap_or_else(|error| panic!("an event can be read by id: {error}"));
        same_events(
            found.as_slice(),
            std::slice::from_ref(event),
            "reading by id gives the event as it was appended",
        );
    }
}

pub(super) async fn metadata_comes_back_full_and_empty(at: Ground) {
    let order = stream("Order-1");
    let mut events = at.events(4);
    events[0].metadata = full_metadata();
    let unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    events[2].metadata.trace = TraceContext::parse(unsampled, None).ok();
    events[3].metadata.user_id = Some(String::new());
    at.put(&order, &events).await;
    at.expect(&order, &events, "metadata is kept as it was given")
        .await;
}

fn full_metadata() -> Metadata {
    Metadata {
        correlation_id: Some("request 1 of 2: \"quoted\" and 'quoted'".to_owned()),
        causation_id: Some("čaj 茶 🍵\nnext line\ttab \\ backslash".to_owned()),
        user_id: Some("o'neill%_".to_owned()),
        trace: TraceContext::parse(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Some("vendor=a,other=b"),
        )
        .ok(),
        custom: BTreeMap::from([
            ("región".to_owned(), "東京".to_owned()),
            ("empty".to_owned(), String::new()),
            ("a.b $[0]".to_owned(), "{\"not\": [\"parsed\"]}".to_owned()),
        ]),
    }
}

pub(super) async fn times_are_kept_to_the_microsecond(at: Ground) {
    let order = stream("Order-1");
    let mut events = at.events(5);
    events[0].recorded_at = time(1_700_000_000_123_456);
    events[1].recorded_at = time(1_700_000_000_123_456) + TimeDelta::nanoseconds(999);
    events[2].recorded_at = time(0);
    events[3].recorded_at = time(-86_400_000_001);
    events[4].recorded_at = time(32_503_680_000_999_999);
    at.put(&order, &events).await;
    at.expect(
        &order,
        &events,
        "a time is kept to the microsecond, and what is finer is cut off",
    )
    .await;
}

pub(super) async fn versions_count_from_one_without_gaps(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let (mut orders, mut invoices) = (Vec::new(), Vec::new());
    for size in [1, 3, 2] {
        let (more, bill) = (at.events(size), at.events(1));
        orders.extend_from_slice(&more);
        invoices.extend_from_slice(&bill);
        let commit = at.commit(&order, ExpectedVersion::Any, &more);
        expect_committed(
            at.submit(&commit).await,
            &commit,
            &[orders.len() as u64],
            false,
            "a commit is answered with the version of its last event",
        );
        at.put(&invoice, &bill).await;
    }
    at.expect(&order, &orders, "versions count from 1 without gaps")
        .await;
    at.expect(&invoice, &invoices, "each stream counts its own versions")
        .await;
}

pub(super) async fn a_commit_writes_all_of_its_streams_or_none(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let first = at.events(2);
    at.put(&invoice, &first).await;
    let head = at.head().await;

    let (left, right) = (at.events(2), at.events(1));
    let both = |expected| {
        Arc::new(Commit::new(vec![
            at.append(&order, ExpectedVersion::NoStream, &left),
            at.append(&invoice, expected, &right),
        ]))
    };
    let answer = at.submit(&both(ExpectedVersion::Exact(1))).await;
    expect_conflict(answer, &invoice, ExpectedVersion::Exact(1), 2);
    let none = "when one stream of a commit conflicts, none is written";
    at.expect(&order, &[], none).await;
    at.expect(&invoice, &first, none).await;
    assert_eq!(at.head().await, head, "{none}: the feed's head");

    let whole = both(ExpectedVersion::Exact(2));
    let all = "when no stream of a commit conflicts, all are written";
    expect_committed(at.submit(&whole).await, &whole, &[2, 3], false, all);
    at.expect(&order, &left, all).await;
    at.expect(&invoice, &[first, right].concat(), all).await;
}

pub(super) async fn a_commit_may_span_tenants(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let order = stream("Order-1");
    let (our_events, their_events) = (ours.events(2), theirs.events(1));
    let commit = |expected| {
        Arc::new(Commit::new(vec![
            ours.append(&order, ExpectedVersion::NoStream, &our_events),
            theirs.append(&order, expected, &their_events),
        ]))
    };
    let broken = commit(ExpectedVersion::StreamExists);
    let answer = ours.submit(&broken).await;
    expect_conflict(answer, &order, ExpectedVersion::StreamExists, 0);
    let whole = commit(ExpectedVersion::NoStream);
    let promise = "one commit may append to equally named streams of two tenants";
    for recognised in [false, true] {
        expect_committed(
            ours.submit(&whole).await,
            &whole,
            &[2, 1],
            recognised,
            promise,
        );
        ours.expect(&order, &our_events, promise).await;
        theirs.expect(&order, &their_events, promise).await;
    }
    ours.store.close().await;
}

pub(super) async fn a_thousand_events_fit_one_commit(at: Ground) {
    let order = stream("Order-1");
    let events = at.events(1000);
    let commit = at.commit(&order, ExpectedVersion::NoStream, &events);
    let promise = "a commit of 1,000 events is kept whole and in order";
    expect_committed(at.submit(&commit).await, &commit, &[1000], false, promise);
    at.expect(&order, &events, promise).await;
}

pub(super) async fn answers_stand_in_the_order_of_the_batch(at: Ground) {
    assert!(
        at.store.commit(&[]).await.is_empty(),
        "an empty batch has no answers"
    );
    // Names in neither order, so that a store that sorts them to lock them has to sort its answers back.
    let names = ["Order-5", "Order-1", "Zebra-9", "Apple-3", "Order-10"];
    let sizes = [3, 1, 4, 2, 5];
    let events: Vec<_> = sizes.iter().map(|size| at.events(*size)).collect();
    let batch: Vec<_> = names
        .iter()
        .zip(&events)
        .map(|(name, events)| at.commit(&stream(name), ExpectedVersion::NoStream, events))
        .collect();
    let answers = at.submit_batch(&batch).await;
    let promise = "`results[i]` answers `batch[i]`";
    for ((answer, commit), size) in answers.into_iter().zip(&batch).zip(sizes) {
        expect_committed(answer, commit, &[size as u64], false, promise);
    }
    for (name, events) in names.iter().zip(&events) {
        at.expect(&stream(name), events, "every commit of a batch is written")
            .await;
    }
}

pub(super) async fn a_conflict_leaves_its_neighbours_alone(at: Ground) {
    let neighbours = [stream("Order-1"), stream("Order-3")];
    let taken = stream("Order-2");
    let there = at.events(1);
    at.put(&taken, &there).await;
    let (first, second, third) = (at.events(2), at.events(2), at.events(2));
    let batch = [
        at.commit(&neighbours[0], ExpectedVersion::NoStream, &first),
        at.commit(&taken, ExpectedVersion::NoStream, &second),
        at.commit(&neighbours[1], ExpectedVersion::Exact(0), &third),
    ];
    let mut answers = at.submit_batch(&batch).await.into_iter();
    let promise = "a conflict does not touch its neighbours in the batch";
    let mut answer = || answers.next().unwrap_or_else(|| panic!("{promise}"));
    expect_committed(answer(), &batch[0], &[2], false, promise);
    expect_conflict(answer(), &taken, ExpectedVersion::NoStream, 1);
    expect_committed(answer(), &batch[2], &[2], false, promise);
    at.expect(&neighbours[0], &first, promise).await;
    at.expect(&taken, &there, promise).await;
    at.expect(&neighbours[1], &third, promise).await;
}

pub(super) async fn a_refused_payload_leaves_its_neighbours_alone(at: Ground) {
    let streams = [stream("Order-1"), stream("Order-2"), stream("Order-3")];
    let events = [at.events(2), at.events(3), at.events(1)];
    let mut broken = events.clone();
    broken[1][1].payload = Bytes::from_static(b"{\"cut\": ");
    let batch: Vec<_> = streams
        .iter()
        .zip(&broken)
        .map(|(stream, events)| at.commit(stream, ExpectedVersion::NoStream, events))
        .collect();
    let promise = "a refused payload does not touch its neighbours in the batch";
    for (index, answer) in at.submit_batch(&batch).await.into_iter().enumerate() {
        match (index, answer) {
            (1, Err(CommitError::Refused { .. })) => {}
            (1, Err(error)) => panic!("a payload that is not JSON is `Refused`, not: {error}"),
            (1, Ok(_)) => panic!("a payload that is not JSON was taken"),
            (_, answer) => {
                let versions = [events[index].len() as u64];
                expect_committed(answer, &batch[index], &versions, false, promise);
            }
        }
    }
    at.expect(&streams[0], &events[0], promise).await;
    at.expect(&streams[1], &[], "a refused commit writes nothing")
        .await;
    at.expect(&streams[2], &events[2], promise).await;

    let mended = at.commit(&streams[1], ExpectedVersion::NoStream, &events[1]);
    let promise = "a refused commit leaves no trace: its ids are free";
    expect_committed(at.submit(&mended).await, &mended, &[3], false, promise);
}

pub(super) async fn an_id_in_two_commits_of_a_batch_is_stored_once(at: Ground) {
    let streams = [stream("Order-1"), stream("Order-2"), stream("Order-3")];
    let (shared, alone) = (at.events(1), at.events(1));
    let batch = [
        at.commit(&streams[0], ExpectedVersion::Any, &shared),
        at.commit(&streams[1], ExpectedVersion::Any, &shared),
        at.commit(&streams[2], ExpectedVersion::Any, &alone),
    ];
    let mut answers = at.submit_batch(&batch).await;
    let promise = "an id names one event, also within a batch";
    let neighbour = answers.remove(2);
    expect_committed(neighbour, &batch[2], &[1], false, promise);
    let winner = usize::from(answers[0].is_err());
    let loser = 1 - winner;
    expect_reused(answers.remove(loser), shared[0].id, promise);
    expect_committed(answers.remove(0), &batch[winner], &[1], false, promise);
    at.expect(&streams[winner], &shared, promise).await;
    at.expect(&streams[loser], &[], promise).await;
    at.expect(&streams[2], &alone, promise).await;
}
