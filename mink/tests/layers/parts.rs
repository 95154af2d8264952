//! A free-standing handler that has begun may have done something.

use std::sync::Arc;
use std::time::Duration;

use mink::bus::layers::{RetryLayer, TimeoutLayer};
use mink::bus::{CommandFault, Effect};

use super::domain::{PayEverywhere, Ponders, Then, builder, cents};

fn pay_everywhere_and(then: Then) -> PayEverywhere {
    PayEverywhere { then }
}

#[tokio::test]
async fn a_panic_after_parts_took_effect_says_so() {
    let app = builder().open().await.unwrap();
    let fault = app
        .dispatch(pay_everywhere_and(Then::Panic))
        .await
        .unwrap_err();
    assert!(
        matches!(
            fault.fault(),
            Some(CommandFault::Panicked {
                effect: Effect::Begun,
                ..
            })
        ),
        "{fault}"
    );
    assert!(fault.is_outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_after_parts_took_effect_says_so() {
    let app = builder()
        .layer_for::<PayEverywhere>(TimeoutLayer::new(Duration::from_secs(1)))
        .open()
        .await
        .unwrap();
    let fault = app
        .dispatch(pay_everywhere_and(Then::Ponder))
        .await
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "no answer to `PayEverywhere` within 1s; its handler had begun, so it may have taken effect in part"
    );
    for till in ["dispatched", "appended", "session"] {
        assert_eq!(cents(&app, till).await, 1, "{till}");
    }
}

#[tokio::test]
async fn a_handler_that_is_cancelled_after_parts_took_effect_says_so() {
    let ponders = Arc::new(Ponders::default());
    let app = builder()
        .service::<Ponders>(Arc::clone(&ponders))
        .open()
        .await
        .unwrap();
    let detached = app.dispatch_detached(pay_everywhere_and(Then::Ponder));
    ponders.0.notified().await;
    detached.cancel();
    let fault = detached.await.unwrap_err();
    assert!(
        matches!(
            fault.fault(),
            Some(CommandFault::Cancelled {
                effect: Effect::Begun,
                ..
            })
        ),
        "{fault}"
    );
}

#[tokio::test]
async fn a_handler_whose_parts_took_effect_is_never_started_over_by_a_retry() {
    let app = builder()
        .layer(RetryLayer::new().when(|_| true))
        .open()
        .await
        .unwrap();
    app.dispatch(pay_everywhere_and(Then::Refuse))
        .await
        .unwrap_err();
    app.dispatch(pay_everywhere_and(Then::Panic))
        .await
        .unwrap_err();
    for till in ["dispatched", "appended", "session"] {
        assert_eq!(cents(&app, till).await, 2, "once for each dispatch: {till}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_refuses_is_started_over_when_the_application_asks_for_it() {
    let app = builder()
        .layer(RetryLayer::new().attempts(3).when_rejected(|_| true))
        .open()
        .await
        .unwrap();
    app.dispatch(pay_everywhere_and(Then::Refuse))
        .await
        .unwrap_err();
    for till in ["dispatched", "appended", "session"] {
        assert_eq!(
            cents(&app, till).await,
            3,
            "all of it is done again: {till}"
        );
    }
}
