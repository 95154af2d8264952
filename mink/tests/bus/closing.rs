use std::time::Duration;

use mink::bus::{CommandFault, StillRunning};
use mink::prelude::*;

use super::domain::{CloseEverything, deposit, later, open, open_with_gate};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn closing_waits_for_the_commands_that_are_being_handled_and_then_refuses() {
    let (app, gate) = open_with_gate().await;
    let running = tokio::spawn({
        let app = app.clone();
        async move { app.dispatch(later("a", 5)).await }
    });
    let detached = app.dispatch_detached(later("b", 5));
    gate.arrived.notified().await;
    let closing = tokio::spawn({
        let app = app.clone();
        async move { app.close(LONG).await }
    });
    // until the closing has begun a command is handled; then it is refused
    let refused = loop {
        match app.dispatch(deposit("c", 1)).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(
            refused.fault(),
            Some(CommandFault::Closed { command: "Deposit" })
        ),
        "{refused}"
    );
    assert!(!closing.is_finished());
    gate.let_go(2);
    assert_eq!(running.await.unwrap().unwrap().version(), 1);
    assert_eq!(detached.await.unwrap().version(), 1);
    closing.await.unwrap().unwrap();
    app.close(LONG).await.unwrap();
    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn closing_stops_waiting_at_its_deadline_and_says_how_many_were_left() {
    let (app, gate) = open_with_gate().await;
    let detached = app.dispatch_detached(later("a", 5));
    gate.arrived.notified().await;
    let late = app.close(Duration::from_millis(5)).await;
    assert_eq!(late, Err(StillRunning { commands: 1 }));
    gate.let_go(1);
    assert!(detached.await.is_err(), "the store was closed");
}

#[tokio::test]
async fn closing_from_within_a_handler_does_not_wait_for_that_handler() {
    let app = open().await;
    app.dispatch(CloseEverything {}).await.unwrap();
    assert!(app.dispatch(deposit("a", 1)).await.is_err());
}

#[tokio::test]
async fn two_handlers_that_close_do_not_wait_for_each_other() {
    let app = open().await;
    let both = app
        .dispatch_all([CloseEverything {}, CloseEverything {}])
        .await;
    assert!(both.iter().any(Result::is_ok), "{both:?}");
    for answer in both {
        if let Err(error) = answer {
            assert!(
                matches!(error.fault(), Some(CommandFault::Closed { .. })),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_running_handler_dispatches_is_handled_while_closing() {
    #[command]
    struct Twice {
        account: String,
    }
    #[handler]
    async fn twice(command: Twice, app: &Mink) -> Result<u64, std::fmt::Error> {
        let first = later(&command.account, 1);
        app.dispatch(first).await.map_err(|_| std::fmt::Error)?;
        let second = deposit(&command.account, 1);
        let receipt = app.dispatch(second).await.map_err(|_| std::fmt::Error)?;
        Ok(receipt.version())
    }
    let (app, gate) = open_with_gate().await;
    let account = "a".to_owned();
    let twice = app.dispatch_detached(Twice { account });
    gate.arrived.notified().await;
    let mut closing = std::pin::pin!(app.close(LONG));
    tokio::select! {
        biased;
        _ = &mut closing => panic!("a command is being handled"),
        () = tokio::task::yield_now() => gate.let_go(1),
    }
    closing.await.unwrap();
    assert_eq!(twice.await.unwrap(), 2);
}
