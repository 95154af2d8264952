use mink::bus::{CommandFault, Effect};
use mink::prelude::*;

use super::domain::{DepositToBoth, balance, deposit, later, open, open_with_gate};

#[tokio::test]
async fn a_detached_command_is_awaited_for_its_answer() {
    let app = open().await;
    let receipt = app.dispatch_detached(deposit("a", 1)).await.unwrap();
    assert_eq!(receipt.version(), 1);
}

#[tokio::test]
async fn a_detached_command_goes_on_when_its_handle_is_dropped() {
    let (app, gate) = open_with_gate().await;
    drop(app.dispatch_detached(later("a", 5)));
    gate.arrived.notified().await;
    gate.let_go(1);
    while balance(&app, "a").await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_command_that_is_cancelled_before_its_commit_writes_nothing() {
    let (app, gate) = open_with_gate().await;
    let detached = app.dispatch_detached(later("a", 5));
    gate.arrived.notified().await;
    assert_eq!(detached.effect(), Effect::None);
    detached.cancel();
    let fault = detached.await.unwrap_err();
    assert!(
        matches!(
            fault.fault(),
            Some(CommandFault::Cancelled {
                effect: Effect::None,
                ..
            })
        ),
        "{fault}"
    );
    assert_eq!(balance(&app, "a").await, 0);
}

#[tokio::test]
async fn cancelling_what_has_ended_changes_nothing() {
    let app = open().await;
    let detached = app.dispatch_detached(deposit("a", 5));
    while !detached.is_finished() {
        tokio::task::yield_now().await;
    }
    detached.cancel();
    assert_eq!(detached.effect(), Effect::Durable);
    assert_eq!(detached.await.unwrap().version(), 1);
}

/// Deposits at once and then waits.
#[command]
struct DepositAndWait {
    account: String,
}

#[handler]
async fn deposit_and_wait(command: DepositAndWait, app: &Mink) -> Result<(), std::fmt::Error> {
    let first = deposit(&command.account, 5);
    app.dispatch(first).await.map_err(|_| std::fmt::Error)?;
    let held = later(&command.account, 5);
    app.dispatch(held).await.map_err(|_| std::fmt::Error)?;
    Ok(())
}

#[tokio::test]
async fn a_function_that_is_cancelled_says_that_what_it_did_stays_done() {
    let (app, gate) = open_with_gate().await;
    let account = "a".to_owned();
    let detached = app.dispatch_detached(DepositAndWait { account });
    gate.arrived.notified().await;
    detached.cancel();
    let cancelled = detached.await.unwrap_err();
    assert!(cancelled.is_outcome_unknown());
    assert!(
        cancelled
            .to_string()
            .contains("may have taken effect in part"),
        "{cancelled}"
    );
    assert_eq!(balance(&app, "a").await, 5);
}

#[tokio::test]
async fn a_decision_that_dispatched_before_it_was_cancelled_says_so() {
    let (app, gate) = open_with_gate().await;
    let detached = app.dispatch_detached(DepositToBoth {
        account_id: "a".to_owned(),
        other_id: "b".to_owned(),
        cents: 5,
    });
    gate.arrived.notified().await;
    assert_eq!(detached.effect(), Effect::Begun);
    detached.cancel();
    assert!(detached.await.unwrap_err().is_outcome_unknown());
    assert_eq!((balance(&app, "a").await, balance(&app, "b").await), (0, 5));
}
