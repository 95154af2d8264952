//! A value that is submitted again is recognised by the ids of its events.

use std::sync::Arc;

use super::ground::{Ground, all, bare, expect_committed, expect_reused, same_events, stream};
use crate::storage::{Commit, ExpectedVersion};

pub(super) async fn a_resubmitted_value_is_recognised(at: Ground) {
    let cases = [
        (stream("Order-1"), ExpectedVersion::Any, 0),
        (stream("Order-2"), ExpectedVersion::NoStream, 0),
        (stream("Order-3"), ExpectedVersion::Exact(0), 0),
        (stream("Order-4"), ExpectedVersion::Exact(2), 2),
        (stream("Order-5"), ExpectedVersion::StreamExists, 1),
    ];
    for (stream, expected, existing) in &cases {
        let mut events = at.events(*existing);
        if *existing > 0 {
            at.put(stream, &events).await;
        }
        let new = at.events(3);
        let commit = at.commit(stream, *expected, &new);
        events.extend_from_slice(&new);
        let version = events.len() as u64;
        for recognised in [false, true, true] {
            let promise = format!("a value that expects {expected} is recognised: stored once");
            let answer = at.submit(&commit).await;
            expect_committed(answer, &commit, &[version], recognised, &promise);
            at.expect(stream, &events, &promise).await;
        }
    }
    let stored: usize = cases.iter().map(|case| case.2 + 3).sum();
    let feed = at.feed(crate::id::Position::START, &at.filter(), 100).await;
    assert_eq!(
        feed.len(),
        stored,
        "a resubmitted value is in the feed once"
    );
}

pub(super) async fn a_value_is_recognised_after_its_stream_moved_on(at: Ground) {
    let order = stream("Order-1");
    let (first, later) = (at.events(2), at.events(3));
    let commit = at.commit(&order, ExpectedVersion::NoStream, &first);
    let promise = "a recognised value is answered with the versions of the first time";
    expect_committed(at.submit(&commit).await, &commit, &[2], false, promise);
    at.put(&order, &later).await;
    expect_committed(at.submit(&commit).await, &commit, &[2], true, promise);
    at.expect(&order, &[first, later].concat(), promise).await;
}

pub(super) async fn a_resubmitted_value_of_several_streams_is_recognised(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let existing = at.events(1);
    at.put(&invoice, &existing).await;
    let (left, right) = (at.events(2), at.events(3));
    let commit = Arc::new(Commit::new(vec![
        at.append(&order, ExpectedVersion::NoStream, &left),
        at.append(&invoice, ExpectedVersion::Exact(1), &right),
    ]));
    let promise = "a value of several streams is recognised whole";
    expect_committed(at.submit(&commit).await, &commit, &[2, 4], false, promise);
    at.put(&order, &at.events(1)).await;
    expect_committed(at.submit(&commit).await, &commit, &[2, 4], true, promise);
    at.expect(&invoice, &[existing, right].concat(), promise)
        .await;
}

pub(super) async fn a_batch_may_mix_known_and_new_values(at: Ground) {
    let streams = [stream("Order-1"), stream("Order-2"), stream("Order-3")];
    let events = [at.events(1), at.events(2), at.events(3)];
    let batch: Vec<_> = streams
        .iter()
        .zip(&events)
        .map(|(stream, events)| at.commit(stream, ExpectedVersion::NoStream, events))
        .collect();
    let promise = "known and new values of one batch are told apart";
    expect_committed(at.submit(&batch[1]).await, &batch[1], &[2], false, promise);
    for (index, answer) in at.submit_batch(&batch).await.into_iter().enumerate() {
        let versions = [events[index].len() as u64];
        expect_committed(answer, &batch[index], &versions, index == 1, promise);
        at.expect(&streams[index], &events[index], promise).await;
    }
}

pub(super) async fn partly_known_ids_are_refused(at: Ground) {
    let order = stream("Order-1");
    let known = at.events(2);
    at.put(&order, &known).await;
    let head = at.head().await;
    let new = at.events(1);
    let promise = "a commit of which some ids are known is refused, and nothing of it written";
    for (events, expected) in [
        (vec![known[0].clone(), new[0].clone()], ExpectedVersion::Any),
        (
            vec![new[0].clone(), known[0].clone()],
            ExpectedVersion::Exact(2),
        ),
        (
            vec![new[0].clone(), known[0].clone()],
            ExpectedVersion::NoStream,
        ),
    ] {
        let answer = at.submit(&at.commit(&order, expected, &events)).await;
        expect_reused(answer, known[0].id, promise);
    }
    let elsewhere = Arc::new(Commit::new(vec![
        at.append(&stream("Order-2"), ExpectedVersion::Any, &new),
        at.append(&order, ExpectedVersion::Any, &known[1..]),
    ]));
    expect_reused(at.submit(&elsewhere).await, known[1].id, promise);
    at.expect(&order, &known, promise).await;
    at.expect(&stream("Order-2"), &[], promise).await;
    assert_eq!(at.head().await, head, "{promise}: the feed's head");
}

pub(super) async fn an_id_stored_in_another_stream_is_refused(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let known = at.events(1);
    at.put(&order, &known).await;
    let promise = "an id that is stored in another stream is refused";
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream] {
        let answer = at.submit(&at.commit(&invoice, expected, &known)).await;
        expect_reused(answer, known[0].id, promise);
    }
    at.expect(&order, &known, promise).await;
    at.expect(&invoice, &[], promise).await;
}

pub(super) async fn an_id_under_another_tenant_is_another_event(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    let promise = "equal ids under two tenants are two events";
    let (our_stream, their_stream) = (stream("Order-1"), stream("Order-2"));
    let (our_events, their_events) = (ours.events(2), theirs.events(2));
    assert_eq!(
        our_events[0].id, their_events[0].id,
        "both tenants use equal ids"
    );
    for (ground, stream, events) in [
        (&ours, &our_stream, &our_events),
        (&theirs, &their_stream, &their_events),
    ] {
        let commit = ground.commit(stream, ExpectedVersion::NoStream, events);
        let answer = ground.submit(&commit).await;
        expect_committed(answer, &commit, &[2], false, promise);
    }
    for (ground, stream, events) in [
        (&ours, &our_stream, &our_events),
        (&theirs, &their_stream, &their_events),
    ] {
        ground.expect(stream, events, promise).await;
        let found = ground.store.event(&ground.tenant, events[1].id).await;
        let found = found.unwrap_or_else(|error| panic!("an event can be read by id: {error}"));
        same_events(
            found.as_slice(),
            &ground.recorded(stream, 1, events)[1..],
            promise,
        );
    }
    ours.expect(&their_stream, &[], promise).await;
    theirs.expect(&our_stream, &[], promise).await;
    ours.store.close().await;
}

pub(super) async fn a_value_submitted_twice_at_once_is_stored_once(at: Ground) {
    let promise = "a value that is submitted twice at once is stored once";
    for round in 0..40 {
        let (order, invoice) = (
            stream(&format!("Order-{round}")),
            stream(&format!("Invoice-{round}")),
        );
        let (left, right) = (at.events(2), at.events(1));
        let commit = Arc::new(Commit::new(vec![
            at.append(&order, ExpectedVersion::NoStream, &left),
            at.append(&invoice, ExpectedVersion::Any, &right),
        ]));
        let submissions = (0..3)
            .map(|_| {
                let (at, commit) = (at.clone(), commit.clone());
                tokio::spawn(async move { at.submit(&commit).await })
            })
            .collect();
        let mut written = 0;
        for answer in all(submissions).await {
            written += usize::from(answer.as_ref().is_ok_and(|done| !done.recognised));
            let recognised = answer.as_ref().is_ok_and(|done| done.recognised);
            expect_committed(answer, &commit, &[2, 1], recognised, promise);
        }
        assert_eq!(
            written, 1,
            "{promise}: one submission writes, the others are recognised"
        );
        at.expect(&order, &left, promise).await;
        at.expect(&invoice, &right, promise).await;
    }
    let feed = at.feed(crate::id::Position::START, &at.filter(), 50).await;
    assert_eq!(bare(feed).len(), 40 * 3, "{promise}: in the feed too");
}
