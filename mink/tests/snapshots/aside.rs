//! Snapshots are taken beside the work: nothing waits for them, and nothing fails with them.

use std::sync::Arc;

use futures_util::FutureExt as _;
use mink::prelude::*;
use mink::registry::Registry;
use mink::repository::SnapshotError;
use mink::storage::{Storage, StorageError};

use super::support::{Fate, Saving, Scripted};
use super::until;

#[event]
struct Added {
    number: f64,
}

#[command]
struct Add {
    id: u64,
    number: f64,
}

#[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
#[aggregate(snapshot(every = 1))]
struct Sum {
    sum: f64,
}

#[handlers]
impl Sum {
    fn add(&self, command: Add) -> Added {
        Added {
            number: command.number,
        }
    }
    fn added(&mut self, event: &Added) {
        self.sum += event.number;
    }
}

async fn open(saving: Saving) -> (Mink, Arc<Scripted>) {
    let store = Scripted::new(|_, _| async { Fate::Done }.boxed());
    store.saving.lock().unwrap().0 = saving;
    let registry = Registry::by_hand()
        .event::<Added>()
        .command::<Add>()
        .aggregate::<Sum>()
        .build();
    let app = Mink::builder()
        .shared_storage(Arc::clone(&store) as Arc<dyn Storage>)
        .registry(registry)
        .open()
        .await
        .unwrap();
    (app, store)
}

async fn add(app: &Mink, id: u64, number: f64) {
    app.dispatch(Add { id, number }).await.unwrap();
}

#[tokio::test]
async fn no_dispatch_waits_for_a_snapshot_and_too_many_are_left_out() {
    let (app, store) = open(Saving::Hangs).await;
    for id in 0..100 {
        add(&app, id, 1.0).await;
    }
    let stats = until(&app, |stats| stats.left_out == 36).await;
    assert_eq!((stats.taken, stats.failed), (0, 0));
    let under_way = || store.saving.lock().unwrap().1;
    while under_way() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(under_way(), 2, "no more than two at a time");
    add(&app, 0, 1.0).await;
    assert_eq!(app.load::<Sum>(0).await.unwrap().sum, 2.0);
}

#[tokio::test]
async fn a_snapshot_that_is_under_way_is_not_asked_for_again() {
    let (app, _) = open(Saving::Hangs).await;
    for _ in 0..100 {
        add(&app, 1, 1.0).await;
    }
    assert_eq!(app.snapshot_stats().left_out, 0);
}

#[tokio::test]
async fn a_snapshot_that_fails_fails_nothing_else_and_the_next_one_is_taken() {
    let (app, store) = open(Saving::Fails).await;
    add(&app, 1, 1.0).await;
    until(&app, |stats| stats.failed == 1).await;
    assert!(matches!(
        app.snapshot::<Sum>(1).await.unwrap_err(),
        SnapshotError::Storage(StorageError::Unavailable { .. })
    ));
    store.saving.lock().unwrap().0 = Saving::Done;
    add(&app, 1, 1.0).await;
    until(&app, |stats| stats.taken == 1).await;
    assert_eq!(app.load::<Sum>(1).await.unwrap().sum, 2.0);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_a_snapshot_and_not_for_ever() {
    let (app, store) = open(Saving::Hangs).await;
    add(&app, 1, 1.0).await;
    while store.saving.lock().unwrap().1 == 0 {
        tokio::task::yield_now().await;
    }
    let before = tokio::time::Instant::now();
    app.shutdown().await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 5);

    let (app, _) = open(Saving::Done).await;
    add(&app, 1, 1.0).await;
    let store = app.storage().clone();
    let before = tokio::time::Instant::now();
    app.shutdown().await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 0);
    drop(store);
}

#[tokio::test]
async fn a_state_that_json_cannot_write_is_not_kept_and_is_no_harm() {
    let (app, _) = open(Saving::Done).await;
    for _ in 0..2 {
        add(&app, 1, f64::MAX).await;
    }
    let error = app.snapshot::<Sum>(1).await.unwrap_err();
    assert!(
        matches!(&error, SnapshotError::NotKept { version: 2, .. }),
        "{error}"
    );
    assert!(app.load::<Sum>(1).await.unwrap().sum.is_infinite());
}
