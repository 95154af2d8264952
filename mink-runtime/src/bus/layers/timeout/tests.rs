use std::time::Duration;

use tower::{Layer, ServiceExt, service_fn};

use super::TimeoutLayer;
use crate::bus::layers::doc::{Account, Deposit, builder};
use crate::bus::layers::testing::{accepted, answers, deposit, silent};
use crate::bus::{CommandFault, CommandRequest, Effect};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_passes() {
    let service = TimeoutLayer::new(SECOND).layer(answers(&[accepted]).0);
    assert!(service.oneshot(deposit()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_wrote_nothing_when_the_time_was_over_says_so() {
    let service = TimeoutLayer::new(SECOND).layer(silent());
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert!(
        matches!(
            fault,
            CommandFault::TimedOut {
                command: "Deposit",
                after: SECOND,
                effect: Effect::None
            }
        ),
        "{fault}"
    );
    assert!(!fault.may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_commit_was_under_way_when_the_time_was_over_may_have_happened() {
    let service = TimeoutLayer::new(SECOND).layer(service_fn(|request: CommandRequest| {
        request.progress().set(Effect::Unknown);
        std::future::pending()
    }));
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
    assert!(!fault.is_transient(), "it must not be sent again");
}

#[tokio::test]
async fn an_application_answers_in_time() {
    let app = builder()
        .layer(TimeoutLayer::new(Duration::from_secs(60)))
        .open()
        .await
        .unwrap();
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(app.load::<Account>("1").await.unwrap().balance, 5);
}
