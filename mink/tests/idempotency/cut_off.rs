//! A function that was done, and whose answer is on its way into the store when something goes wrong.

use std::sync::Arc;
use std::time::Duration;

use mink::bus::{CommandFault, DispatchOptions};
use mink::prelude::*;
use mink::storage::{CommitError, Keys as _, Reservation};
use tokio::sync::Semaphore;

use crate::domain::{Gateway, payment};
use crate::functions::rival;
use crate::support::{Fate, Scripted};

async fn open(store: &Arc<Scripted>, gateway: &Arc<Gateway>) -> Mink {
    Mink::builder()
        .shared_storage(store.clone())
        .service::<Gateway>(Arc::clone(gateway))
        .patience(Duration::from_millis(20))
        .open()
        .await
        .unwrap()
}

/// Lets what was left behind go as far as it can.
async fn everything_settles() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatch_that_is_given_up_amid_its_commit_keeps_the_key_for_that_commit() {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let store = Scripted::new(move |_, _| {
        let gate = Arc::clone(&waiting);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Fate::Done
        })
    });
    let gateway = Arc::new(Gateway::default());
    let app = open(&store, &gateway).await;
    let given_up = DispatchOptions::new().within(Duration::from_millis(200));
    let error = app.dispatch_with(payment(), given_up).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(gateway.calls(), 1);
    everything_settles().await;
    let rival = rival(Duration::from_secs(60));
    let wish = store.memory.reserve_key(&rival).await.unwrap();
    assert!(matches!(wish, Reservation::Held { .. }), "{wish:?}");
    gate.add_permits(1);
    while store
        .memory
        .answer_of(&rival.tenant, rival.key)
        .await
        .unwrap()
        .is_none()
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.dispatch(payment()).await.unwrap(), "p-1-1");
    assert_eq!(gateway.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_may_have_been_kept_keeps_its_key() {
    let store = Scripted::new(|_, _| Box::pin(std::future::ready(Fate::LostOnTheWay)));
    let app = open(&store, &Arc::default()).await;
    let error = app.dispatch(payment()).await.unwrap_err();
    assert!(
        matches!(
            error.fault(),
            Some(CommandFault::Commit(CommitError::OutcomeUnknown { .. }))
        ),
        "{error}"
    );
    everything_settles().await;
    let wish = store
        .memory
        .reserve_key(&rival(Duration::from_secs(60)))
        .await
        .unwrap();
    assert!(matches!(wish, Reservation::Held { .. }), "{wish:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_certainly_not_kept_gives_its_key_back() {
    let store = Scripted::new(|_, _| Box::pin(std::future::ready(Fate::Unavailable)));
    let app = open(&store, &Arc::default()).await;
    let error = app.dispatch(payment()).await.unwrap_err();
    assert!(
        matches!(
            error.fault(),
            Some(CommandFault::Commit(CommitError::Unavailable { .. }))
        ),
        "{error}"
    );
    let rival = rival(Duration::from_secs(60));
    while store.memory.reserve_key(&rival).await.unwrap() != Reservation::Reserved {
        tokio::task::yield_now().await;
    }
}
