use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tower::{Layer, ServiceExt, service_fn};

use super::MetricsLayer;
use crate::bus::CommandRequest;
use crate::bus::layers::doc::{Break, Deposit, Withdraw, builder};
use crate::bus::layers::testing::{Answered, accepted, answers, deposit};

/// What an application counts besides its commands has the application's own name.
fn of_the_application(key: &metrics::Key) -> bool {
    key.labels()
        .any(|label| label.key() == "service" && label.value() == "mink")
}

/// What is recorded while `work` runs, as `name{label=value,...}`.
fn recorded(work: impl Future<Output = ()>) -> BTreeMap<String, String> {
    let recorder = DebuggingRecorder::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(work));
    let all = recorder.snapshotter().snapshot().into_vec();
    all.into_iter()
        .filter(|(key, ..)| !of_the_application(key.key()))
        .map(|(key, _, _, value)| {
            let key = key.key();
            let labels: Vec<_> = key
                .labels()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Gauge(at) => at.to_string(),
                DebugValue::Histogram(all) => format!("{} recorded", all.len()),
            };
            (format!("{}{{{}}}", key.name(), labels.join(",")), value)
        })
        .collect()
}

#[test]
fn commands_are_counted_by_how_they_ended_and_timed() {
    let recorded = recorded(async {
        let app = builder()
            .bare_stack()
            .layer(MetricsLayer::new().service("shop"))
            .layer(crate::bus::layers::PanicRecoveryLayer::new())
            .layer(crate::bus::layers::ValidationLayer::new())
            .open()
            .await
            .unwrap();
        app.dispatch(Deposit::new("1", 5)).await.unwrap();
        app.dispatch(Deposit::new("1", 5)).await.unwrap();
        app.dispatch(Deposit::new("1", 0)).await.unwrap_err();
        app.dispatch(Withdraw::new("1")).await.unwrap_err();
        app.dispatch(Break::new("1")).await.unwrap_err();
    });
    let expected = [
        (
            "mink_commands_total{service=shop,command_type=Deposit,status=success}",
            "2",
        ),
        (
            "mink_commands_total{service=shop,command_type=Deposit,status=error}",
            "1",
        ),
        (
            "mink_commands_total{service=shop,command_type=Withdraw,status=rejected}",
            "1",
        ),
        (
            "mink_commands_total{service=shop,command_type=Break,status=error}",
            "1",
        ),
        (
            "mink_command_duration_seconds{service=shop,command_type=Deposit}",
            "3 recorded",
        ),
        (
            "mink_command_duration_seconds{service=shop,command_type=Withdraw}",
            "1 recorded",
        ),
        (
            "mink_command_duration_seconds{service=shop,command_type=Break}",
            "1 recorded",
        ),
        (
            "mink_commands_in_flight{service=shop,command_type=Deposit}",
            "0",
        ),
        (
            "mink_commands_in_flight{service=shop,command_type=Withdraw}",
            "0",
        ),
        (
            "mink_commands_in_flight{service=shop,command_type=Break}",
            "0",
        ),
        (
            "mink_errors_total{service=shop,error_type=validation_failed}",
            "1",
        ),
        (
            "mink_errors_total{service=shop,error_type=handler_panicked}",
            "1",
        ),
    ];
    for (name, value) in expected {
        assert_eq!(
            recorded.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    let of_layer = recorded.keys().filter(|name| name.contains("service=shop"));
    assert_eq!(of_layer.count(), expected.len(), "{recorded:?}");
}

#[test]
fn a_command_is_in_flight_until_it_is_answered_or_given_up() {
    let recorded = recorded(async {
        let layer = MetricsLayer::new().service("shop");
        let silent = || service_fn(|_: CommandRequest| std::future::pending::<Answered>());
        let mut waiting = Box::pin(layer.layer(silent()).oneshot(deposit()));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        std::mem::forget(waiting);
        drop(futures_util::poll!(Box::pin(
            layer.layer(silent()).oneshot(deposit())
        )));
        layer
            .layer(answers(&[accepted]).0)
            .oneshot(deposit())
            .await
            .unwrap();
    });
    let in_flight = "mink_commands_in_flight{service=shop,command_type=Deposit}";
    assert_eq!(recorded[in_flight], "1");
    let abandoned = "mink_commands_total{service=shop,command_type=Deposit,status=abandoned}";
    assert_eq!(recorded[abandoned], "1");
}

#[test]
fn a_panic_through_the_layer_leaves_nothing_in_flight() {
    let recorded = recorded(async {
        let service = MetricsLayer::new().service("shop").layer(service_fn(
            |_: CommandRequest| -> std::future::Ready<Answered> { panic!("at once") },
        ));
        let sent = std::panic::AssertUnwindSafe(service.oneshot(deposit()));
        assert!(futures_util::FutureExt::catch_unwind(sent).await.is_err());
    });
    assert_eq!(
        recorded["mink_commands_in_flight{service=shop,command_type=Deposit}"],
        "0"
    );
}
