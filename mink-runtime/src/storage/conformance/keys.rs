//! Reserving keys, releasing them, and their time running out.

use super::ground::{Ground, all, expect_committed, stream};
use super::wishes::{LONG, OVER, owner};
use crate::storage::{Commit, ExpectedVersion, KeyDigest, Reservation};

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) async fn a_free_key_is_reserved_once(at: Ground) {
    let promise = "a key that is reserved is held against everybody else";
    let mine = at.reservation("key", owner(1), LONG);
    let before = chrono::Utc::now();
    assert_eq!(at.reserve(&mine).await, Reservation::Reserved, "{promise}");
    let other = crate::storage::NewReservation {
        fingerprint: [9; 32],
        ..at.reservation("key", owner(2), LONG)
    };
    match at.reserve(&other).await {
        Reservation::Held { fingerprint, until } => {
            assert_eq!(
                fingerprint, mine.fingerprint,
                "{promise}: the holder's fingerprint"
            );
            // The store's clock may be another machine's, but not by half an hour.
            let held = until - before;
            assert!(
                held > chrono::TimeDelta::minutes(30) && held < chrono::TimeDelta::minutes(90),
                "{promise}: until when it is held"
            );
        }
        answer => panic!("{promise}, not: {answer:?}"),
    }
    at.expect_free("key", promise).await;
    let elsewhere = at.reservation("another key", owner(2), LONG);
    assert_eq!(
        at.reserve(&elsewhere).await,
        Reservation::Reserved,
        "another key is free"
    );
}

pub(super) async fn of_racers_for_a_key_one_reserves_it(at: Ground) {
    for round in 0..20_u128 {
        let key = format!("key {round}");
        // Every other key has lapsed before: a race to take it over.
        if round % 2 == 1 {
            at.reserve(&at.reservation(&key, owner(1), OVER)).await;
        }
        let racers = (0..8)
            .map(|racer| {
                let (at, wish) = (
                    at.clone(),
                    at.reservation(&key, owner(round * 100 + racer + 2), LONG),
                );
                tokio::spawn(async move { at.reserve(&wish).await == Reservation::Reserved })
            })
            .collect();
        let winners = all(racers).await.into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1, "of racers for a key one reserves it");
    }
}

pub(super) async fn an_owner_may_reserve_again(at: Ground) {
    let promise = "the owner's own reservation does not stand in its way, and starts anew";
    let (mine, short) = (
        at.reservation("key", owner(1), LONG),
        at.reservation("key", owner(1), OVER),
    );
    for wish in [&short, &mine, &mine] {
        assert_eq!(at.reserve(wish).await, Reservation::Reserved, "{promise}");
    }
    let other = at.reservation("key", owner(2), LONG);
    let held = at.reserve(&other).await;
    assert!(matches!(held, Reservation::Held { .. }), "{promise}");
    assert_eq!(at.reserve(&short).await, Reservation::Reserved, "{promise}");
    assert_eq!(
        at.reserve(&other).await,
        Reservation::Reserved,
        "{promise}: the time given last counts"
    );
}

pub(super) async fn a_lapsed_reservation_is_taken_over(at: Ground) {
    let promise = "a reservation that has lapsed is taken over";
    let first = at.reservation("key", owner(1), Duration::from_millis(40));
    let second = at.reservation("key", owner(2), LONG);
    at.reserve(&first).await;
    let began = Instant::now();
    while at.reserve(&second).await != Reservation::Reserved {
        assert!(began.elapsed() < LONG / 60, "{promise}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let held = at.reserve(&first).await;
    assert!(
        matches!(held, Reservation::Held { .. }),
        "{promise}: the first owner has lost it"
    );
    assert!(
        !at.release("key", first.owner).await,
        "{promise}: the first owner cannot release it"
    );
    let held = at.reserve(&at.reservation("key", owner(3), LONG)).await;
    assert!(matches!(held, Reservation::Held { .. }), "{promise}");
}

pub(super) async fn only_the_owner_releases_a_key(at: Ground) {
    let promise = "a key is released by its owner alone";
    assert!(!at.release("key", owner(1)).await, "a free key is not");
    at.reserve(&at.reservation("key", owner(1), LONG)).await;
    assert!(!at.release("key", owner(2)).await, "{promise}");
    assert!(at.release("key", owner(1)).await, "{promise}");
    assert!(!at.release("key", owner(1)).await, "{promise}, once");
    let next = at.reserve(&at.reservation("key", owner(2), LONG)).await;
    assert_eq!(next, Reservation::Reserved, "a released key is free");
}

pub(super) async fn an_answered_key_is_not_reserved(at: Ground) {
    let promise = "a key that is answered gives its answer to whoever wants to reserve it";
    let commit = at.keyed(
        "key",
        &stream("Order-1"),
        ExpectedVersion::NoStream,
        &at.events(1),
    );
    expect_committed(at.submit(&commit).await, &commit, &[1], false, promise);
    match at.reserve(&at.reservation("key", owner(1), LONG)).await {
        Reservation::Answered(stored) => super::wishes::same_answer(&stored, b"key", promise),
        answer => panic!("{promise}, not: {answer:?}"),
    }
    assert!(!at.release("key", owner(1)).await, "an answer stays");
    at.expect_answer("key", b"key", "an answer stays").await;
}

pub(super) async fn an_expired_answer_counts_as_none(at: Ground) {
    let promise = "an answer that has expired counts as none";
    let keep_for = Duration::from_millis(40);
    let record = at.record("key", b"short", keep_for);
    let commit = Arc::new(Commit::new(Vec::new()).with_idempotency(record));
    expect_committed(at.submit(&commit).await, &commit, &[], false, promise);
    let began = Instant::now();
    while at.answer_of("key").await.is_some() {
        assert!(began.elapsed() < LONG / 60, "{promise}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let reserved = at.reserve(&at.reservation("key", owner(1), LONG)).await;
    assert_eq!(reserved, Reservation::Reserved, "{promise}: it is free");
}

pub(super) async fn sweeping_deletes_what_is_over(at: Ground) {
    let (ours, theirs) = at.both_elsewhere().await;
    for ground in [&ours, &theirs] {
        for number in 0..4 {
            let (over, stays) = (format!("over {number}"), format!("stays {number}"));
            for (key, time) in [(&over, OVER), (&stays, LONG)] {
                if number % 2 == 0 {
                    ground
                        .reserve(&ground.reservation(key, owner(1), time))
                        .await;
                } else {
                    let record = ground.record(key, key.as_bytes(), time);
                    let commit = Commit::new(Vec::new()).with_idempotency(record);
                    let done = ground.submit(&Arc::new(commit)).await;
                    done.unwrap_or_else(|error| panic!("a key can be answered: {error}"));
                }
            }
        }
    }
    let promise = "sweeping deletes what is over, of every tenant, as much as it may";
    let mut swept = Vec::new();
    for limit in [0, 2, 3, 100, 100] {
        let count = ours.store.sweep_keys(limit).await;
        swept.push(count.unwrap_or_else(|error| panic!("keys can be swept: {error}")));
    }
    assert_eq!(swept, [1, 2, 3, 2, 0], "{promise}");
    for ground in [&ours, &theirs] {
        for number in 0..4 {
            let key = format!("stays {number}");
            if number % 2 == 0 {
                let held = ground
                    .reserve(&ground.reservation(&key, owner(2), LONG))
                    .await;
                assert!(
                    matches!(held, Reservation::Held { .. }),
                    "sweeping leaves a reservation that holds"
                );
            } else {
                let promise = "sweeping leaves an answer that counts";
                ground.expect_answer(&key, key.as_bytes(), promise).await;
            }
        }
        // Its own owner would be let in to a lapsed one; swept, there is nothing to release.
        assert!(
            !ground.release("over 0", owner(1)).await,
            "a swept reservation is gone"
        );
    }
    ours.store.close().await;
}

pub(super) async fn a_key_lasts_as_long_as_it_is_told_to(at: Ground) {
    let promise = "what no clock can count to is for ever";
    let record = at.record("key", b"for ever", Duration::MAX);
    let commit = Arc::new(Commit::new(Vec::new()).with_idempotency(record));
    expect_committed(at.submit(&commit).await, &commit, &[], false, promise);
    let stored = at.answer_of("key").await;
    assert!(
        stored.is_some_and(|stored| stored.answer == b"for ever"[..]),
        "{promise}"
    );
    let wish = at.reservation("held", owner(1), Duration::MAX);
    assert_eq!(at.reserve(&wish).await, Reservation::Reserved, "{promise}");
    let held = at.reserve(&at.reservation("held", owner(2), LONG)).await;
    assert!(matches!(held, Reservation::Held { .. }), "{promise}");
}

pub(super) async fn another_node_sees_a_key(at: Ground) {
    let (ours, _) = at.both_elsewhere().await;
    if let Some(node) = ours.through_another_handle().await {
        let promise = "a key is one for all nodes";
        ours.reserve(&ours.reservation("key", owner(1), LONG)).await;
        let held = node.reserve(&node.reservation("key", owner(2), LONG)).await;
        assert!(matches!(held, Reservation::Held { .. }), "{promise}");
        let record = crate::storage::IdempotencyRecord {
            owner: Some(owner(1)),
            ..ours.record("key", b"done", LONG)
        };
        let commit = Arc::new(Commit::new(Vec::new()).with_idempotency(record));
        expect_committed(ours.submit(&commit).await, &commit, &[], false, promise);
        node.expect_answer("key", b"done", promise).await;
        expect_committed(node.submit(&commit).await, &commit, &[], true, promise);
        assert_eq!(
            node.store
                .answer_of(&node.other, KeyDigest::of("key"))
                .await
                .ok(),
            Some(None),
            "a key is one tenant's"
        );
        node.store.close().await;
    }
    ours.store.close().await;
}
