use tower::{Layer, ServiceExt, service_fn};

use super::TracingLayer;
use crate::bus::CommandRequest;
use crate::bus::layers::CorrelationLayer;
use crate::bus::layers::doc::{Deposit, Withdraw, builder};
use crate::bus::layers::testing::{Answered, Capture, deposit, unavailable};

#[tokio::test]
async fn a_command_has_a_span_with_the_documented_attributes() {
    let (trace, _on) = Capture::start();
    let app = builder()
        .bare_stack()
        .layer(TracingLayer::new().service("shop"))
        .open()
        .await
        .unwrap();
    let acme = app.tenant("acme").unwrap();
    let receipt = acme.dispatch(Deposit::new("1", 5)).await.unwrap();
    let event = acme.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    let correlation = event.metadata.correlation_id.unwrap();
    let [span] = trace.spans().try_into().expect("one span");
    for (name, value) in [
        ("otel.name", "command.Deposit"),
        ("otel.kind", "internal"),
        ("mink.service", "shop"),
        ("mink.command.type", "Deposit"),
        ("mink.command.id", correlation.as_str()),
        ("mink.command.aggregate_id", "1"),
        ("mink.tenant", "acme"),
        ("mink.correlation_id", correlation.as_str()),
        ("mink.result.aggregate_id", "1"),
        ("mink.result.version", "1"),
        ("mink.result.status", "success"),
    ] {
        assert_eq!(span.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!span.contains_key("error.type") && !span.contains_key("otel.status_code"));
}

#[tokio::test]
async fn a_refusal_is_no_error_of_the_span_and_a_fault_is() {
    let (trace, _on) = Capture::start();
    let app = builder().open().await.unwrap();
    app.dispatch(Withdraw::new("1")).await.unwrap_err();
    app.dispatch(Deposit::new("1", 0)).await.unwrap_err();
    let [refused, invalid] = trace.spans().try_into().expect("two spans");
    assert_eq!(refused["mink.result.status"], "rejected");
    assert!(!refused.contains_key("otel.status_code"));
    assert_eq!(invalid["mink.result.status"], "error");
    assert_eq!(invalid["otel.status_code"], "ERROR");
    assert_eq!(invalid["error.type"], "validation_failed");
}

#[tokio::test]
async fn what_happens_within_is_within_the_span() {
    let (trace, _on) = Capture::start();
    let inner = TracingLayer::new().layer(service_fn(|_: CommandRequest| async {
        tokio::task::yield_now().await;
        unavailable()
    }));
    let service = TracingLayer::new().layer(service_fn(move |request: CommandRequest| {
        inner.clone().oneshot(request)
    }));
    let _: Answered = service.oneshot(deposit()).await;
    assert_eq!(trace.spans().len(), 2);
    assert_eq!((trace.parent(0), trace.parent(1)), (None, Some(0)));
}

#[tokio::test]
async fn the_span_has_the_correlation_that_a_layer_within_gave() {
    let (trace, _on) = Capture::start();
    let app = builder()
        .layer(CorrelationLayer::new(|_| Some("r-17".to_owned())))
        .open()
        .await
        .unwrap();
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(trace.spans()[0]["mink.correlation_id"], "r-17");
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_longer_says_so() {
    let (trace, _on) = Capture::start();
    let service = TracingLayer::new().layer(service_fn(|_: CommandRequest| {
        std::future::pending::<Answered>()
    }));
    let _ = futures_util::poll!(Box::pin(service.oneshot(deposit())));
    assert_eq!(trace.spans()[0]["mink.result.status"], "abandoned");
}
