//! What happens when a commit's answer is lost.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mink_runtime::registry::Registry;
use mink_runtime::repository::{Repository, RepositoryOptions};
use mink_runtime::storage::{Commit, CommitError, ExpectedVersion, Storage};
use support::{Fate, Scripted, append};

fn repository(store: &Arc<Scripted>) -> Repository {
    let options = RepositoryOptions {
        patience: Duration::from_secs(5),
        ..Default::default()
    };
    Repository::new(
        Arc::clone(store) as Arc<dyn Storage>,
        Registry::default(),
        options,
    )
}

fn first_event() -> Commit {
    let mut append = append("S-1", 1);
    append.expected = ExpectedVersion::NoStream;
    Commit::new(vec![append])
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_was_lost_is_recognised_when_it_is_submitted_again() {
    let store = Scripted::new(|number, _| {
        async move {
            if number == 0 {
                Fate::AnswerLost
            } else {
                Fate::Done
            }
        }
        .boxed()
    });
    let committed = repository(&store).commit(first_event()).await.unwrap();
    assert!(committed.recognised);
    assert_eq!(committed.streams[0].version, 1);
    let batches = store.batches.lock().unwrap();
    assert_eq!(batches.len(), 2);
    assert!(
        Arc::ptr_eq(&batches[0][0], &batches[1][0]),
        "the same value, not a new decision"
    );
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_was_lost_on_the_way_is_done_once() {
    let store = Scripted::new(|number, _| {
        async move {
            match number {
                0 => Fate::LostOnTheWay,
                1 => Fate::Unavailable,
                _ => Fate::Done,
            }
        }
        .boxed()
    });
    let committed = repository(&store).commit(first_event()).await.unwrap();
    assert!(!committed.recognised);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_stays_unknown_is_never_called_anything_else() {
    let store = Scripted::new(|number, _| {
        async move {
            if number == 0 {
                Fate::AnswerLost
            } else {
                Fate::Unavailable
            }
        }
        .boxed()
    });
    let refused = repository(&store).commit(first_event()).await.unwrap_err();
    assert!(
        matches!(refused, CommitError::OutcomeUnknown { .. }),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_never_reached_is_called_unavailable() {
    let store = Scripted::new(|_, _| async { Fate::Unavailable }.boxed());
    let refused = repository(&store).commit(first_event()).await.unwrap_err();
    assert!(
        matches!(refused, CommitError::Unavailable { .. }),
        "{refused}"
    );
}
