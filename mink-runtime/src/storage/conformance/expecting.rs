//! Expected versions: when they hold, and what happens when they do not.

use super::ground::{Ground, expect_committed, expect_conflict, stream};
use crate::id::StreamId;
use crate::storage::{CommitError, ExpectedVersion};

async fn holds(at: &Ground, stream: &StreamId, expected: ExpectedVersion, version: u64) {
    let commit = at.commit(stream, expected, &at.events(1));
    expect_committed(
        at.submit(&commit).await,
        &commit,
        &[version],
        false,
        &format!("{expected} holds at version {}", version - 1),
    );
}

async fn conflicts(at: &Ground, stream: &StreamId, expected: ExpectedVersion, actual: u64) {
    let commit = at.commit(stream, expected, &at.events(1));
    expect_conflict(at.submit(&commit).await, stream, expected, actual);
}

pub(super) async fn any_version_holds_wherever_the_stream_is(at: Ground) {
    let order = stream("Order-1");
    for version in 1..=3 {
        holds(&at, &order, ExpectedVersion::Any, version).await;
    }
}

pub(super) async fn no_stream_holds_only_while_there_is_none(at: Ground) {
    let order = stream("Order-1");
    holds(&at, &order, ExpectedVersion::NoStream, 1).await;
    conflicts(&at, &order, ExpectedVersion::NoStream, 1).await;
    holds(&at, &order, ExpectedVersion::Any, 2).await;
    conflicts(&at, &order, ExpectedVersion::NoStream, 2).await;
}

pub(super) async fn stream_exists_holds_only_once_there_is_one(at: Ground) {
    let order = stream("Order-1");
    conflicts(&at, &order, ExpectedVersion::StreamExists, 0).await;
    holds(&at, &order, ExpectedVersion::Any, 1).await;
    holds(&at, &order, ExpectedVersion::StreamExists, 2).await;
}

pub(super) async fn exact_zero_means_no_stream(at: Ground) {
    let order = stream("Order-1");
    holds(&at, &order, ExpectedVersion::Exact(0), 1).await;
    conflicts(&at, &order, ExpectedVersion::Exact(0), 1).await;
}

pub(super) async fn an_exact_version_holds_only_at_that_version(at: Ground) {
    let order = stream("Order-1");
    conflicts(&at, &order, ExpectedVersion::Exact(1), 0).await;
    at.put(&order, &at.events(3)).await;
    for wrong in [0, 1, 2, 4, 5] {
        conflicts(&at, &order, ExpectedVersion::Exact(wrong), 3).await;
    }
    holds(&at, &order, ExpectedVersion::Exact(3), 4).await;
    conflicts(&at, &order, ExpectedVersion::Exact(3), 4).await;
}

pub(super) async fn an_expected_version_out_of_range_is_answered(at: Ground) {
    let order = stream("Order-1");
    let there = at.events(1);
    at.put(&order, &there).await;
    conflicts(&at, &order, ExpectedVersion::Exact(i64::MAX as u64), 1).await;
    for version in [i64::MAX as u64 + 1, u64::MAX] {
        let commit = at.commit(&order, ExpectedVersion::Exact(version), &at.events(1));
        match at.submit(&commit).await {
            Err(CommitError::InvalidVersion { .. } | CommitError::Conflict(_)) => {}
            Err(error) => {
                panic!("version {version} is a conflict or out of range, not: {error}")
            }
            Ok(_) => panic!("version {version} does not hold at version 1"),
        }
    }
    at.expect(
        &order,
        &there,
        "a version that no stream has writes nothing",
    )
    .await;
}

pub(super) async fn a_conflict_writes_nothing(at: Ground) {
    let (order, missing) = (stream("Order-1"), stream("Order-2"));
    let there = at.events(3);
    at.put(&order, &there).await;
    let head = at.head().await;
    let late = at.events(2);
    for (stream, expected, actual) in [
        (&order, ExpectedVersion::Exact(5), 3),
        (&order, ExpectedVersion::NoStream, 3),
        (&missing, ExpectedVersion::StreamExists, 0),
    ] {
        let answer = at.submit(&at.commit(stream, expected, &late)).await;
        expect_conflict(answer, stream, expected, actual);
    }
    let promise = "a conflict writes nothing";
    at.expect(&order, &there, promise).await;
    at.expect(&missing, &[], promise).await;
    assert_eq!(at.head().await, head, "{promise}: the feed's head");
    for event in &late {
        let found = at.store.event(&at.tenant, event.id).await;
        assert!(
            matches!(found, Ok(None)),
            "{promise}: no event of it is found by id"
        );
    }

    let again = at.commit(&order, ExpectedVersion::Exact(3), &late);
    let promise = "a conflict leaves no trace: its ids are free";
    expect_committed(at.submit(&again).await, &again, &[5], false, promise);
}
