use std::sync::{Arc, Mutex};
use std::time::Duration;

use mink::bus::CommandFault;
use mink::bus::layers::{
    AuditEntry, AuditLayer, CircuitBreakerLayer, CorrelationLayer, LoggingLayer, MetricsLayer,
    PanicRecoveryLayer, RetryLayer, TenantLayer, TimeoutLayer, TracingLayer, ValidationLayer,
};

use super::domain::{Jam, Pay, PayEverywhere, Ponder, Then, builder, cents, pay, ponder};

#[tokio::test(start_paused = true)]
async fn a_layer_for_one_type_of_command_lets_the_others_pass_by() {
    let app = builder()
        .layer_for::<Ponder>(TimeoutLayer::new(Duration::from_secs(1)))
        .open()
        .await
        .unwrap();
    let late = app.dispatch(ponder()).await.unwrap_err();
    assert!(matches!(late.fault(), Some(CommandFault::TimedOut { .. })));
    app.dispatch(pay("1", 5)).await.unwrap();
    assert_eq!(cents(&app, "1").await, 5);
}

#[tokio::test]
async fn a_layer_under_a_condition_asks_it_for_every_command() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let large = |request: &mink::bus::CommandRequest| {
        request.command::<Pay>().is_some_and(|pay| pay.cents > 10)
    };
    let app = builder()
        .layer_when(
            large,
            AuditLayer::new(move |entry: AuditEntry| {
                tell.lock().unwrap().push(entry.to_string());
                async { Ok(()) }
            }),
        )
        .open()
        .await
        .unwrap();
    for amount in [10, 11, 5, 12] {
        app.dispatch(pay("1", amount)).await.unwrap();
    }
    app.dispatch(PayEverywhere { then: Then::Answer })
        .await
        .unwrap();
    assert_eq!(
        *told.lock().unwrap(),
        [
            "`Pay` for `1`: accepted at version 2",
            "`Pay` for `1`: accepted at version 4"
        ]
    );
}

#[tokio::test]
async fn every_layer_takes_a_condition() {
    let yes = |_: &mink::bus::CommandRequest| true;
    let second = Duration::from_secs(1);
    let builder = builder()
        .bare_stack()
        .layer_when(yes, TracingLayer::new())
        .layer_when(yes, MetricsLayer::new())
        .layer_when(yes, LoggingLayer::new())
        .layer_when(yes, PanicRecoveryLayer::new())
        .layer_when(yes, TenantLayer::from_extension())
        .layer_when(yes, CorrelationLayer::new(|_| None))
        .layer_when(yes, mink::bus::layers::CausationLayer::new(|_| None))
        .layer_when(yes, AuditLayer::new(|_| async { Ok(()) }))
        .layer_when(yes, TimeoutLayer::new(second))
        .layer_when(yes, RetryLayer::new())
        .layer_when(yes, CircuitBreakerLayer::new())
        .layer_when(yes, ValidationLayer::new());
    #[cfg(feature = "rate-limit")]
    let builder = builder.layer_when(yes, mink::bus::layers::RateLimitLayer::new(1000, second));
    let app = builder.open().await.unwrap();
    app.dispatch(pay("1", 5)).await.unwrap();
    let jam = Jam {
        till_id: "2".to_owned(),
    };
    app.dispatch(jam).await.unwrap();
    assert_eq!(cents(&app, "1").await, 5);
}
