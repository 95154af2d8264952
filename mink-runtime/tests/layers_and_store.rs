//! The layers around a store that fails.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use mink_runtime::app::Mink;
use mink_runtime::bus::layers::doc::{Account, Deposit, builder};
use mink_runtime::bus::layers::{CircuitBreakerLayer, CircuitState, RetryLayer, TimeoutLayer};
use mink_runtime::bus::{CommandFault, CommandLayer, DispatchOptions, Effect};
use mink_runtime::storage::CommitError;
use support::{Fate, Scripted};
use tokio::sync::Semaphore;

/// Without patience, so that the layers meet what the store says.
async fn open(store: &Arc<Scripted>, layer: impl CommandLayer) -> Mink {
    builder()
        .shared_storage(Arc::clone(store) as _)
        .patience(Duration::ZERO)
        .layer(layer)
        .open()
        .await
        .unwrap()
}

fn outage(batches: usize) -> Arc<Scripted> {
    Scripted::new(move |number, _| {
        let fate = if number < batches {
            Fate::Unavailable
        } else {
            Fate::Done
        };
        Box::pin(std::future::ready(fate))
    })
}

async fn balance(app: &Mink) -> u64 {
    app.load::<Account>("1")
        .await
        .map_or(0, |account| account.balance)
}

#[tokio::test(start_paused = true)]
async fn a_timeout_in_mid_commit_says_that_it_may_have_happened_and_tears_nothing() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let store = Scripted::new(move |_, _| {
        let gate = Arc::clone(&held);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Fate::Done
        })
    });
    let app = open(&store, TimeoutLayer::new(Duration::from_secs(1))).await;
    let late = app.dispatch(Deposit::new("1", 5)).await.unwrap_err();
    assert!(
        matches!(
            late.fault(),
            Some(CommandFault::TimedOut {
                effect: Effect::Unknown,
                ..
            })
        ),
        "{late}"
    );
    assert!(late.is_outcome_unknown());
    gate.add_permits(1);
    while balance(&app).await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        balance(&app).await,
        5,
        "the commit that was under way is whole"
    );
    gate.add_permits(1);
    let receipt = app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(receipt.version(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_retry_absorbs_an_outage_and_each_command_is_stored_once() {
    let store = outage(4);
    let app = open(&store, RetryLayer::new().attempts(5)).await;
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(balance(&app).await, 10);
    assert_eq!(store.batch_sizes().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_retry_sends_nothing_again_whose_outcome_is_unknown() {
    let store = Scripted::new(|number, _| {
        let fate = if number == 0 {
            Fate::AnswerLost
        } else {
            Fate::Done
        };
        Box::pin(std::future::ready(fate))
    });
    let app = open(&store, RetryLayer::new().when(|_| true)).await;
    let lost = app.dispatch(Deposit::new("1", 5)).await.unwrap_err();
    assert!(
        matches!(
            lost.fault(),
            Some(CommandFault::Commit(CommitError::OutcomeUnknown { .. }))
        ),
        "{lost}"
    );
    assert_eq!(balance(&app).await, 5, "it did happen, and not twice");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_retry_while_it_waits() {
    let store = outage(1000);
    let layer = RetryLayer::new()
        .attempts(1000)
        .first_wait(Duration::from_secs(60))
        .longest_wait(Duration::from_secs(60))
        .within(Duration::from_secs(3600));
    let app = open(&store, layer).await;
    let options = DispatchOptions::new().within(Duration::from_secs(1));
    let late = app
        .dispatch_with(Deposit::new("1", 5), options)
        .await
        .unwrap_err();
    assert!(
        matches!(
            late.fault(),
            Some(CommandFault::TimedOut {
                effect: Effect::None,
                ..
            })
        ),
        "{late}"
    );
    assert_eq!(store.batch_sizes().len(), 1);
}

#[tokio::test]
async fn a_detached_command_is_cancelled_while_its_retry_waits() {
    let store = outage(1000);
    let layer = RetryLayer::new()
        .attempts(1000)
        .first_wait(Duration::from_secs(60))
        .longest_wait(Duration::from_secs(60))
        .within(Duration::from_secs(3600));
    let app = open(&store, layer).await;
    let detached = app.dispatch_detached(Deposit::new("1", 5));
    while store.batch_sizes().is_empty() || detached.effect() != Effect::None {
        tokio::task::yield_now().await;
    }
    detached.cancel();
    let cancelled = detached.await.unwrap_err();
    assert!(
        matches!(cancelled.fault(), Some(CommandFault::Cancelled { .. })),
        "{cancelled}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_leaves_the_store_alone_until_its_time_is_over() {
    let store = outage(3);
    let circuit = CircuitBreakerLayer::new()
        .opens_after(3)
        .open_for(Duration::from_secs(1), Duration::from_secs(1));
    let app = open(&store, circuit.clone()).await;
    for _ in 0..10 {
        app.dispatch(Deposit::new("1", 5)).await.unwrap_err();
    }
    assert_eq!(circuit.state(), CircuitState::Open);
    assert_eq!(store.batch_sizes().len(), 3);
    tokio::time::sleep(Duration::from_secs(1)).await;
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(circuit.state(), CircuitState::Closed);
    assert_eq!(balance(&app).await, 5);
}
