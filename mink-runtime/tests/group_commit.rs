//! The queue in front of a store.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};
use mink_runtime::id::TenantId;
use mink_runtime::storage::{
    Append, Commit, CommitError, Contended, GroupCommit, GroupOptions, IdempotencyRecord,
    KeyDigest, Limits, Storage, StreamQuery,
};
use support::{Fate, Scripted, append, commit};
use tokio::sync::Semaphore;

fn done() -> BoxFuture<'static, Fate> {
    async { Fate::Done }.boxed()
}

fn group(store: &Arc<Scripted>, options: GroupOptions) -> GroupCommit {
    GroupCommit::new(Arc::clone(store) as Arc<dyn Storage>, options)
}

/// A store that holds its first batch until a permit is given.
fn gated() -> (Arc<Scripted>, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let opener = Arc::clone(&gate);
    let store = Scripted::new(move |number, _| {
        let gate = Arc::clone(&opener);
        async move {
            if number == 0 {
                gate.acquire().await.unwrap().forget();
            }
            Fate::Done
        }
        .boxed()
    });
    (store, gate)
}

async fn version(store: &Scripted, stream: &str) -> u64 {
    let query = StreamQuery::new(Default::default(), stream.parse().unwrap());
    store
        .memory
        .read_stream(&query)
        .await
        .map_or(0, |page| page.version)
}

#[tokio::test]
async fn commits_that_wait_together_travel_together() {
    let (store, gate) = gated();
    let group = group(&store, GroupOptions::default());
    let first = tokio::spawn({
        let group = group.clone();
        async move { group.submit(commit("S-first", 1)).await }
    });
    while store.batch_sizes().is_empty() {
        tokio::task::yield_now().await;
    }
    let commits: Vec<_> = (0..64).map(|i| commit(&format!("S-{i}"), 1)).collect();
    let rest = join_all(commits.into_iter().map(|commit| group.submit(commit)));
    let (answers, ()) = tokio::join!(rest, async { gate.add_permits(1) });
    assert!(answers.iter().all(Result::is_ok));
    first.await.unwrap().unwrap();
    assert_eq!(store.batch_sizes(), [1, 64]);
}

#[test]
fn a_commit_outside_of_a_runtime_is_refused_and_never_done() {
    let store = Scripted::new(|_, _| done());
    let group = group(&store, GroupOptions::default());
    let refused = futures_util::FutureExt::now_or_never(group.submit(commit("S-1", 1)));
    let refused = refused.unwrap().unwrap_err();
    assert!(matches!(refused, CommitError::Other(_)), "{refused:?}");
    assert!(refused.to_string().contains("runtime"), "{refused}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        group.submit(commit("S-2", 1)).await.unwrap();
        assert_eq!(version(&store, "S-1").await, 0);
    });
}

#[tokio::test]
async fn a_stream_travels_at_most_once_in_a_batch_and_in_the_order_it_was_submitted() {
    let store = Scripted::with_lanes(4, |_, _| {
        async {
            tokio::task::yield_now().await;
            Fate::Done
        }
        .boxed()
    });
    let group = group(&store, GroupOptions::default());
    let commits: Vec<_> = (0..20).map(|_| commit("S-1", 1)).collect();
    let answers = join_all(
        commits
            .iter()
            .map(|commit| group.submit(Arc::clone(commit))),
    )
    .await;
    let versions: Vec<_> = answers
        .iter()
        .map(|a| a.as_ref().unwrap().streams[0].version)
        .collect();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());
    assert!(store.batch_sizes().iter().all(|size| *size == 1));
}

fn keyed(key: &str, appends: Vec<Append>, answer: &'static [u8]) -> Arc<Commit> {
    Arc::new(Commit::new(appends).with_idempotency(IdempotencyRecord {
        tenant: TenantId::default(),
        key: KeyDigest::of(key),
        command: "PlaceOrder".into(),
        fingerprint: [0; 32],
        answer: answer.into(),
        keep_for: Duration::from_secs(60),
        owner: None,
    }))
}

#[tokio::test]
async fn a_key_travels_at_most_once_in_a_batch_in_either_lane() {
    let store = Scripted::with_lanes(4, |_, _| {
        async {
            tokio::task::yield_now().await;
            Fate::Done
        }
        .boxed()
    });
    let options = GroupOptions {
        bulk_events: 3,
        ..GroupOptions::default()
    };
    let group = group(&store, options);
    let commits: Vec<_> = (0..20)
        .map(|i| keyed("key", vec![append(&format!("S-{i}"), 1 + i % 4)], b""))
        .collect();
    let all = join_all(commits.iter().map(|c| group.submit(Arc::clone(c))));
    let answers = all.await;
    assert!(answers[0].is_ok(), "{:?}", answers[0]);
    for answer in &answers[1..] {
        assert!(
            matches!(answer, Err(CommitError::Answered(_))),
            "{answer:?}"
        );
    }
    assert!(store.batch_sizes().iter().all(|size| *size == 1));
}

#[tokio::test]
async fn a_commit_without_events_travels_under_its_key() {
    let (store, gate) = gated();
    let group = group(&store, GroupOptions::default());
    let first = tokio::spawn({
        let group = group.clone();
        async move { group.submit(keyed("first", Vec::new(), b"")).await }
    });
    while store.batch_sizes().is_empty() {
        tokio::task::yield_now().await;
    }
    let waiting = ["first", "one", "two", "one"].map(|key| keyed(key, Vec::new(), b""));
    let rest = join_all(waiting.into_iter().map(|commit| group.submit(commit)));
    let (answers, ()) = tokio::join!(rest, async { gate.add_permits(1) });
    first.await.unwrap().unwrap();
    let done: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(done, [false, true, true, false]);
    assert_eq!(store.batch_sizes(), [1, 3, 1]);
}

#[tokio::test]
async fn a_busy_key_is_tried_again() {
    let store = Scripted::new(|number, _| {
        async move {
            if number < 3 {
                Fate::BusyKey
            } else {
                Fate::Done
            }
        }
        .boxed()
    });
    let group = group(&store, GroupOptions::default());
    group.submit(keyed("key", Vec::new(), b"")).await.unwrap();
    assert_eq!(store.batch_sizes(), [1, 1, 1, 1]);
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_refused() {
    let (store, _gate) = gated();
    let options = GroupOptions {
        limits: Limits {
            event_bytes: 3,
            ..Limits::default()
        },
        ..GroupOptions::default()
    };
    let refused = group(&store, options)
        .submit(keyed("key", Vec::new(), b"long"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            CommitError::AnswerTooLarge {
                bytes: 4,
                limit: 3,
                ..
            }
        ),
        "{refused}"
    );
    assert!(store.batch_sizes().is_empty());
}

#[tokio::test]
async fn batches_are_bounded_by_count_and_by_bytes() {
    let (store, gate) = gated();
    let options = GroupOptions {
        batch_commits: 10,
        batch_bytes: 12,
        ..GroupOptions::default()
    };
    let group = group(&store, options);
    let commits: Vec<_> = (0..21).map(|i| commit(&format!("S-{i}"), 1)).collect();
    let all = join_all(commits.into_iter().map(|commit| group.submit(commit)));
    let (answers, ()) = tokio::join!(all, async { gate.add_permits(1) });
    assert!(answers.iter().all(Result::is_ok));
    // `{}` is two bytes: six commits make twelve
    assert!(
        store.batch_sizes().iter().all(|size| *size <= 6),
        "{:?}",
        store.batch_sizes()
    );
}

#[tokio::test]
async fn a_bulk_commit_does_not_share_a_batch_with_small_ones() {
    let (store, gate) = gated();
    let group = group(
        &store,
        GroupOptions {
            bulk_events: 100,
            ..GroupOptions::default()
        },
    );
    let commits = [
        commit("S-0", 1),
        commit("S-bulk", 100),
        commit("S-1", 1),
        commit("S-2", 1),
    ];
    let all = join_all(commits.into_iter().map(|commit| group.submit(commit)));
    let (answers, ()) = tokio::join!(all, async { gate.add_permits(1) });
    assert!(answers.iter().all(Result::is_ok));
    for batch in store.batches.lock().unwrap().iter() {
        let bulk = batch
            .iter()
            .filter(|commit| commit.event_count() >= 100)
            .count();
        assert!(bulk == 0 || batch.len() == 1);
    }
}

#[tokio::test]
async fn a_small_commit_waits_for_a_bulk_commit_of_the_same_stream_and_is_not_forgotten() {
    let (store, gate) = gated();
    let group = group(
        &store,
        GroupOptions {
            bulk_events: 100,
            ..GroupOptions::default()
        },
    );
    let all =
        join_all([commit("S-1", 100), commit("S-1", 1), commit("S-1", 1)].map(|c| group.submit(c)));
    let (answers, ()) = tokio::join!(all, async { gate.add_permits(1) });
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(version(&store, "S-1").await, 102);
}

#[tokio::test(start_paused = true)]
async fn a_busy_stream_is_set_aside_and_tried_again_without_holding_up_its_neighbours() {
    let store = Scripted::new(|number, _| {
        async move { if number < 5 { Fate::Busy } else { Fate::Done } }.boxed()
    });
    let group = group(&store, GroupOptions::default());
    let answer = group.submit(commit("S-1", 1)).await.unwrap();
    assert_eq!(answer.streams[0].version, 1);
    assert_eq!(store.batch_sizes().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn patience_with_a_busy_stream_ends_with_its_name() {
    let store = Scripted::new(|_, _| async { Fate::Busy }.boxed());
    let options = GroupOptions {
        busy_patience: Duration::ZERO,
        ..GroupOptions::default()
    };
    let refused = group(&store, options)
        .submit(commit("S-1", 1))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, CommitError::Busy { what: Contended::Stream(stream) } if stream.as_str() == "S-1")
    );
}

#[tokio::test]
async fn an_adapter_that_panics_leaves_the_queue_working() {
    let store = Scripted::new(|number, _| {
        async move { if number == 0 { Fate::Panic } else { Fate::Done } }.boxed()
    });
    let group = group(&store, GroupOptions::default());
    let refused = group.submit(commit("S-1", 1)).await.unwrap_err();
    assert!(
        matches!(refused, CommitError::OutcomeUnknown { .. }),
        "{refused}"
    );
    group.submit(commit("S-1", 1)).await.unwrap();
    group.close().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_cancel_the_commit() {
    let (store, gate) = gated();
    let group = group(&store, GroupOptions::default());
    let caller = tokio::spawn({
        let group = group.clone();
        async move { group.submit(commit("S-1", 1)).await }
    });
    while store.batch_sizes().is_empty() {
        tokio::task::yield_now().await;
    }
    caller.abort();
    gate.add_permits(1);
    group.close().await;
    assert_eq!(version(&store, "S-1").await, 1);
}

#[tokio::test]
async fn closing_answers_what_was_accepted_and_refuses_the_rest() {
    let (store, gate) = gated();
    let group = group(&store, GroupOptions::default());
    let accepted = tokio::spawn({
        let group = group.clone();
        async move { group.submit(commit("S-1", 1)).await }
    });
    while store.batch_sizes().is_empty() {
        tokio::task::yield_now().await;
    }
    let closing = tokio::spawn({
        let group = group.clone();
        async move { group.close().await }
    });
    tokio::task::yield_now().await;
    let refused = group.submit(commit("S-2", 1)).await.unwrap_err();
    assert!(matches!(refused, CommitError::Closed));
    gate.add_permits(1);
    closing.await.unwrap();
    accepted.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_no_store_could_keep_is_refused_before_anything_is_written() {
    let store = Scripted::new(|_, _| done());
    let limits = Limits {
        event_bytes: 10,
        commit_events: 5,
    };
    let group = group(
        &store,
        GroupOptions {
            limits,
            ..GroupOptions::default()
        },
    );
    let mut large = append("S-1", 1);
    large.events[0].payload = "{\"a\":\"0123456789\"}".into();
    let refused = group
        .submit(Arc::new(Commit::new(vec![large])))
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        CommitError::EventTooLarge {
            bytes: 18,
            limit: 10,
            ..
        }
    ));
    let refused = group.submit(commit("S-1", 6)).await.unwrap_err();
    assert!(matches!(
        refused,
        CommitError::TooManyEvents {
            events: 6,
            limit: 5
        }
    ));
    let refused = group.submit(commit("S-1", 0)).await.unwrap_err();
    assert!(matches!(refused, CommitError::NoEvents { stream: Some(_) }));
    let refused = group
        .submit(Arc::new(Commit::new(Vec::new())))
        .await
        .unwrap_err();
    assert!(matches!(refused, CommitError::NoEvents { stream: None }));
    let twice = Commit::new(vec![append("S-1", 1), append("S-1", 1)]);
    let refused = group.submit(Arc::new(twice)).await.unwrap_err();
    assert!(matches!(refused, CommitError::StreamTwice { .. }));
    assert!(store.batch_sizes().is_empty());
}
