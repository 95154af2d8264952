//! Commits under a key.

use std::sync::Arc;

use super::ground::{Ground, all, expect_committed, expect_conflict, expect_reused, stream};
use super::wishes::{LONG, OVER, expect_answered, owner};
use crate::id::StreamId;
use crate::storage::{
    Commit, CommitError, Committed, ExpectedVersion, GroupCommit, GroupOptions, IdempotencyRecord,
    Reservation,
};

pub(super) async fn an_answer_is_kept_with_the_commit(at: Ground) {
    let order = stream("Order-1");
    let promise = "an answer is kept with its commit, byte for byte";
    let all_bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for (key, answer) in [
        ("", &b""[..]),
        ("one", b"{\"a\":1}"),
        ("\0'\"%🙂", &all_bytes),
        (&"long ".repeat(50_000), b"\0"),
    ] {
        let record = at.record(key, answer, LONG);
        let append = at.append(&order, ExpectedVersion::Any, &at.events(2));
        let commit = Arc::new(Commit::new(vec![append]).with_idempotency(record));
        let answered = at.submit(&commit).await;
        let version = answered.as_ref().map_or(0, |done| {
            done.streams.first().map_or(0, |head| head.version)
        });
        expect_committed(answered, &commit, &[version], false, promise);
        at.expect_answer(key, answer, promise).await;
    }
    assert_eq!(at.info(&order).await.version, 8, "{promise}: its events");
}

pub(super) async fn a_commit_under_a_key_may_have_no_events(at: Ground) {
    let promise = "a commit under a key may have no events";
    let head = at.head().await;
    let record = at.record("key", b"nothing happened", LONG);
    let commit = Arc::new(Commit::new(Vec::new()).with_idempotency(record));
    expect_committed(at.submit(&commit).await, &commit, &[], false, promise);
    at.expect_answer("key", b"nothing happened", promise).await;
    let promise = "a commit without events is recognised by its id";
    expect_committed(at.submit(&commit).await, &commit, &[], true, promise);
    let record = at.record("key", b"something else", LONG);
    let other = Arc::new(Commit::new(Vec::new()).with_idempotency(record));
    let promise = "another commit without events is answered with the first one's answer";
    expect_answered(at.submit(&other).await, b"nothing happened", promise);
    assert_eq!(at.head().await, head, "no events, nothing in the feed");
}

pub(super) async fn a_used_key_gives_the_first_answer(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let promise = "a commit whose key is answered writes nothing and hears the first answer";
    let (first, second) = (at.events(1), at.events(2));
    let commit = at.keyed("key", &order, ExpectedVersion::NoStream, &first);
    expect_committed(at.submit(&commit).await, &commit, &[1], false, promise);
    let head = at.head().await;
    for (stream, expected) in [
        (&order, ExpectedVersion::Any),
        (&order, ExpectedVersion::Exact(1)),
        (&invoice, ExpectedVersion::NoStream),
    ] {
        let append = at.append(stream, expected, &second);
        let record = at.record("key", b"the second time", LONG);
        let again = Arc::new(Commit::new(vec![append]).with_idempotency(record));
        expect_answered(at.submit(&again).await, b"key", promise);
    }
    at.expect(&order, &first, promise).await;
    at.expect(&invoice, &[], promise).await;
    at.expect_answer("key", b"key", promise).await;
    assert_eq!(at.head().await, head, "{promise}: the feed's head");
    let later = at.commit(&order, ExpectedVersion::Exact(1), &second);
    let promise = "a commit that lost its key leaves its event ids free";
    expect_committed(at.submit(&later).await, &later, &[3], false, promise);
}

pub(super) async fn the_key_comes_before_the_version(at: Ground) {
    let order = stream("Order-1");
    let promise = "the loser of a race hears the winner's answer, not that versions conflict";
    let winner = at.keyed("key", &order, ExpectedVersion::NoStream, &at.events(1));
    let loser = at.keyed("key", &order, ExpectedVersion::NoStream, &at.events(1));
    expect_committed(at.submit(&winner).await, &winner, &[1], false, promise);
    expect_answered(at.submit(&loser).await, b"key", promise);
    let other = at.keyed("other", &order, ExpectedVersion::NoStream, &at.events(1));
    expect_conflict(
        at.submit(&other).await,
        &order,
        ExpectedVersion::NoStream,
        1,
    );
    at.expect_free("other", "a commit that meets a conflict records no answer")
        .await;
}

pub(super) async fn the_key_comes_before_used_event_ids(at: Ground) {
    let order = stream("Order-1");
    let known = at.events(2);
    let first = at.keyed("key", &order, ExpectedVersion::NoStream, &known);
    let promise = "a commit whose key is answered hears so, whatever ids it brings";
    expect_committed(at.submit(&first).await, &first, &[2], false, promise);
    let mixed = [at.events(1), known[..1].to_vec()].concat();
    let again = at.keyed("key", &order, ExpectedVersion::Any, &mixed);
    expect_answered(at.submit(&again).await, b"key", promise);
    let other = at.keyed("other", &order, ExpectedVersion::Any, &mixed);
    let promise = "with a free key, ids that are used are refused";
    expect_reused(at.submit(&other).await, known[0].id, promise);
    at.expect_free("other", promise).await;
}

pub(super) async fn a_resubmitted_keyed_value_is_recognised(at: Ground) {
    let (order, invoice) = (stream("Order-1"), stream("Invoice-1"));
    let promise = "a value under a key is recognised when it is submitted again";
    let appends = vec![
        at.append(&order, ExpectedVersion::NoStream, &at.events(2)),
        at.append(&invoice, ExpectedVersion::NoStream, &at.events(1)),
    ];
    let commit = Commit::new(appends).with_idempotency(at.record("key", b"done", LONG));
    let commit = Arc::new(commit);
    expect_committed(at.submit(&commit).await, &commit, &[2, 1], false, promise);
    at.put(&order, &at.events(1)).await;
    expect_committed(at.submit(&commit).await, &commit, &[2, 1], true, promise);
    at.expect_answer("key", b"done", promise).await;

    let record = at.record("over", b"done", OVER);
    let append = at.append(&order, ExpectedVersion::Exact(3), &at.events(1));
    let expired = Arc::new(Commit::new(vec![append]).with_idempotency(record));
    let promise = "it is recognised by its events also after its answer has expired";
    expect_committed(at.submit(&expired).await, &expired, &[4], false, promise);
    expect_committed(at.submit(&expired).await, &expired, &[4], true, promise);
}

pub(super) async fn an_expired_answer_is_replaced(at: Ground) {
    let order = stream("Order-1");
    let promise = "an answer that has expired is replaced by the next commit's";
    let record = at.record("key", b"long ago", OVER);
    let append = at.append(&order, ExpectedVersion::NoStream, &at.events(1));
    let first = Arc::new(Commit::new(vec![append]).with_idempotency(record));
    expect_committed(at.submit(&first).await, &first, &[1], false, promise);
    at.expect_free("key", promise).await;
    let second = at.keyed("key", &order, ExpectedVersion::Exact(1), &at.events(1));
    expect_committed(at.submit(&second).await, &second, &[2], false, promise);
    at.expect_answer("key", b"key", promise).await;
}

pub(super) async fn keyed_and_unkeyed_commits_share_a_batch(at: Ground) {
    let promise = "each commit of a batch has its own key, or none, and its own answer";
    let streams: Vec<_> = (0..6).map(|n| stream(&format!("Order-{n}"))).collect();
    let known = at.keyed("known", &streams[0], ExpectedVersion::Any, &at.events(1));
    expect_committed(at.submit(&known).await, &known, &[1], false, promise);
    let none = Commit::new(Vec::new()).with_idempotency(at.record("none", b"none", LONG));
    let new =
        |stream: &StreamId, key| at.keyed(key, stream, ExpectedVersion::NoStream, &at.events(1));
    let batch = [
        at.commit(&streams[1], ExpectedVersion::NoStream, &at.events(1)),
        new(&streams[2], "known"),
        new(&streams[3], "new"),
        Arc::new(none),
        at.keyed(
            "late",
            &streams[4],
            ExpectedVersion::Exact(9),
            &at.events(1),
        ),
        at.commit(&streams[5], ExpectedVersion::NoStream, &at.events(2)),
    ];
    let mut answers = at.submit_batch(&batch).await.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| panic!("{promise}"));
    expect_committed(next(), &batch[0], &[1], false, promise);
    expect_answered(next(), b"known", promise);
    expect_committed(next(), &batch[2], &[1], false, promise);
    expect_committed(next(), &batch[3], &[], false, promise);
    expect_conflict(next(), &streams[4], ExpectedVersion::Exact(9), 0);
    expect_committed(next(), &batch[5], &[2], false, promise);

    let fresh = new(&streams[2], "fresh");
    let again = [batch[2].clone(), known, fresh, batch[3].clone()];
    let mut answers = at.submit_batch(&again).await.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| panic!("{promise}"));
    expect_committed(next(), &again[0], &[1], true, promise);
    expect_committed(next(), &again[1], &[1], true, promise);
    expect_committed(next(), &again[2], &[1], false, promise);
    expect_committed(next(), &again[3], &[], true, promise);
    for key in ["known", "new", "none", "fresh"] {
        at.expect_answer(key, key.as_bytes(), promise).await;
    }
    at.expect_free("late", promise).await;
}

pub(super) async fn a_reservation_is_completed_by_its_owner(at: Ground) {
    let order = stream("Order-1");
    let promise = "a reserved key is answered by its owner alone";
    at.reserve(&at.reservation("key", owner(1), LONG)).await;
    let by = |owner: Option<uuid::Uuid>, expected| {
        let append = at.append(&order, expected, &at.events(1));
        let record = IdempotencyRecord {
            owner,
            ..at.record("key", b"done", LONG)
        };
        Arc::new(Commit::new(vec![append]).with_idempotency(record))
    };
    let held = at.submit(&by(None, ExpectedVersion::Exact(7))).await;
    assert!(
        matches!(held, Err(CommitError::KeyHeld { until }) if until > chrono::Utc::now()),
        "{promise}: who has not reserved it hears that it is held: {held:?}"
    );
    let lost = at
        .submit(&by(Some(owner(2)), ExpectedVersion::Exact(7)))
        .await;
    assert!(
        matches!(lost, Err(CommitError::ReservationLost)),
        "{promise}: another owner has lost it: {lost:?}"
    );
    let conflict = at
        .submit(&by(Some(owner(1)), ExpectedVersion::Exact(7)))
        .await;
    expect_conflict(conflict, &order, ExpectedVersion::Exact(7), 0);
    let next = at.reserve(&at.reservation("key", owner(2), LONG)).await;
    assert!(
        matches!(next, Reservation::Held { .. }),
        "a commit that is not done leaves the reservation"
    );
    let mine = by(Some(owner(1)), ExpectedVersion::NoStream);
    expect_committed(at.submit(&mine).await, &mine, &[1], false, promise);
    at.expect_answer("key", b"done", promise).await;
    expect_committed(at.submit(&mine).await, &mine, &[1], true, promise);
}

pub(super) async fn a_lost_reservation_commits_nothing(at: Ground) {
    let order = stream("Order-1");
    let promise = "a commit whose reservation is gone writes nothing";
    let by = |key: &str, number, expected| {
        let append = at.append(&order, expected, &at.events(1));
        let record = IdempotencyRecord {
            owner: Some(owner(number)),
            ..at.record(key, b"done", LONG)
        };
        Arc::new(Commit::new(vec![append]).with_idempotency(record))
    };
    at.reserve(&at.reservation("taken over", owner(1), OVER))
        .await;
    at.reserve(&at.reservation("taken over", owner(2), LONG))
        .await;
    at.reserve(&at.reservation("taken twice", owner(1), OVER))
        .await;
    at.reserve(&at.reservation("taken twice", owner(2), OVER))
        .await;
    at.reserve(&at.reservation("released", owner(1), LONG))
        .await;
    at.release("released", owner(1)).await;
    let expired = Commit::new(Vec::new()).with_idempotency(at.record("expired", b"", OVER));
    expect_answer_done(at.submit(&Arc::new(expired)).await);
    for key in ["taken over", "taken twice", "released", "expired", "never"] {
        let answer = at.submit(&by(key, 1, ExpectedVersion::NoStream)).await;
        assert!(
            matches!(answer, Err(CommitError::ReservationLost)),
            "{promise}: key `{key}`: {answer:?}"
        );
        at.expect_free(key, promise).await;
    }
    at.expect(&order, &[], promise).await;

    let promise = "who took a key over completes it";
    let second = by("taken over", 2, ExpectedVersion::NoStream);
    expect_committed(at.submit(&second).await, &second, &[1], false, promise);
    at.reserve(&at.reservation("late", owner(1), OVER)).await;
    let late = by("late", 1, ExpectedVersion::Exact(1));
    let promise = "a reservation that has lapsed is as good as ever while nobody takes it over";
    expect_committed(at.submit(&late).await, &late, &[2], false, promise);
    at.expect_answer("late", b"done", promise).await;

    at.reserve(&at.reservation("over", owner(1), OVER)).await;
    let taker = at.keyed("over", &order, ExpectedVersion::Exact(2), &at.events(1));
    let promise = "a commit without a reservation takes over one that has lapsed";
    expect_committed(at.submit(&taker).await, &taker, &[3], false, promise);
    at.expect_answer("over", b"over", promise).await;
}

fn expect_answer_done(answer: Result<Committed, CommitError>) {
    answer.unwrap_or_else(|error| panic!("a key can be answered: {error}"));
}

pub(super) async fn racers_with_one_key_have_one_effect(at: Ground) {
    let (ours, _) = at.both_elsewhere().await;
    let nodes = match ours.through_another_handle().await {
        Some(node) => vec![ours.clone(), node],
        None => vec![ours.clone()],
    };
    let promise = "of commits that race with one key one is done, and the others hear its answer";
    for round in 0..20 {
        let key = format!("key {round}");
        let racers = (0..8)
            .map(|racer| {
                let at = nodes[racer % nodes.len()].clone();
                // Half of the rounds race for one stream too.
                let order = stream(&format!("Order-{round}-{}", racer * (round % 2)));
                let commit = at.keyed(&key, &order, ExpectedVersion::NoStream, &at.events(2));
                tokio::spawn(async move { at.submit(&commit).await })
            })
            .collect();
        expect_one_winner(all(racers).await, &key, promise);
    }
    let feed = ours
        .feed(crate::id::Position::START, &ours.filter(), 50)
        .await;
    assert_eq!(feed.len(), 20 * 2, "{promise}: the events of the winners");
    for node in nodes.iter().skip(1) {
        node.store.close().await;
    }
    ours.store.close().await;
}

pub(super) async fn a_queue_keeps_a_key_out_of_its_batches(at: Ground) {
    let promise = "behind one queue, of commits with one key one is done";
    let group = GroupCommit::new(at.store.clone(), GroupOptions::default());
    let tasks = (0..40)
        .map(|racer| {
            let order = stream(&format!("Order-{racer}"));
            let commit = at.keyed("key", &order, ExpectedVersion::NoStream, &at.events(1));
            let group = group.clone();
            tokio::spawn(async move { group.submit(commit).await })
        })
        .collect();
    expect_one_winner(all(tasks).await, "key", promise);
    assert_eq!(
        at.feed(crate::id::Position::START, &at.filter(), 50)
            .await
            .len(),
        1,
        "{promise}: one event"
    );
}

fn expect_one_winner(answers: Vec<Result<Committed, CommitError>>, key: &str, promise: &str) {
    let mut done = 0;
    for answer in answers {
        match answer {
            Ok(committed) => {
                assert!(
                    !committed.recognised,
                    "{promise}: each is a value of its own"
                );
                done += 1;
            }
            answer => expect_answered(answer, key.as_bytes(), promise),
        }
    }
    assert_eq!(done, 1, "{promise}: one winner");
}

pub(super) async fn a_keyed_value_submitted_twice_at_once_is_committed_once(at: Ground) {
    let promise = "a value under a key that is submitted several times at once is committed once";
    for round in 0..20 {
        let key = format!("key {round}");
        let appends = if round % 2 == 0 {
            let order = stream(&format!("Order-{round}"));
            vec![at.append(&order, ExpectedVersion::NoStream, &at.events(2))]
        } else {
            Vec::new()
        };
        let versions = &[2_u64][..appends.len()];
        let record = at.record(&key, key.as_bytes(), LONG);
        let commit = Arc::new(Commit::new(appends).with_idempotency(record));
        let submissions = (0..4)
            .map(|_| {
                let (at, commit) = (at.clone(), commit.clone());
                tokio::spawn(async move { at.submit(&commit).await })
            })
            .collect();
        let mut written = 0;
        for answer in all(submissions).await {
            let recognised = answer.as_ref().is_ok_and(|done| done.recognised);
            written += usize::from(!recognised);
            expect_committed(answer, &commit, versions, recognised, promise);
        }
        assert_eq!(written, 1, "{promise}");
    }
}

pub(super) async fn a_key_belongs_to_one_tenant(at: Ground) {
    let promise = "equal keys of two tenants never meet";
    let (ours, theirs) = at.both_elsewhere().await;
    let order = stream("Order-1");
    for (ground, answer) in [(&ours, &b"ours"[..]), (&theirs, b"theirs")] {
        let append = ground.append(&order, ExpectedVersion::NoStream, &ground.events(1));
        let record = ground.record("key", answer, LONG);
        let commit = Arc::new(Commit::new(vec![append]).with_idempotency(record));
        expect_committed(ground.submit(&commit).await, &commit, &[1], false, promise);
        let held = ground
            .reserve(&ground.reservation("held", owner(1), LONG))
            .await;
        assert_eq!(held, Reservation::Reserved, "{promise}");
    }
    ours.expect_answer("key", b"ours", promise).await;
    theirs.expect_answer("key", b"theirs", promise).await;
    assert!(ours.release("held", owner(1)).await, "{promise}");
    let held = theirs
        .reserve(&theirs.reservation("held", owner(2), LONG))
        .await;
    assert!(matches!(held, Reservation::Held { .. }), "{promise}");
    ours.store.close().await;
}

pub(super) async fn an_answer_survives_reopening(at: Ground) {
    let (ours, _) = at.both_elsewhere().await;
    let promise = "answers and reservations are there after closing and reopening";
    let order = stream("Order-1");
    let commit = ours.keyed("key", &order, ExpectedVersion::NoStream, &ours.events(1));
    expect_committed(ours.submit(&commit).await, &commit, &[1], false, promise);
    ours.reserve(&ours.reservation("held", owner(1), LONG))
        .await;
    ours.store.close().await;
    if let Some(ours) = ours.through_another_handle().await {
        ours.expect_answer("key", b"key", promise).await;
        let late = ours.keyed("key", &order, ExpectedVersion::Any, &ours.events(1));
        expect_answered(ours.submit(&late).await, b"key", promise);
        let held = ours
            .reserve(&ours.reservation("held", owner(2), LONG))
            .await;
        assert!(matches!(held, Reservation::Held { .. }), "{promise}");
        ours.store.close().await;
    }
}
