use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower::{Layer, Service, ServiceExt, service_fn};

use super::{CircuitBreakerLayer, CircuitState};
use crate::bus::layers::doc::{Break, Deposit, Withdraw, builder};
use crate::bus::layers::testing::{
    Answered, accepted, answers, contended, count, deposit, outcome_unknown, panicked, rejected,
    silent, unavailable,
};
use crate::bus::{CommandFault, CommandRequest};

const SECOND: Duration = Duration::from_secs(1);

fn circuit() -> CircuitBreakerLayer {
    CircuitBreakerLayer::new()
        .opens_after(3)
        .open_for(SECOND, 3 * SECOND)
}

async fn send(layer: &CircuitBreakerLayer, answer: fn() -> Answered) -> Answered {
    layer
        .layer(service_fn(move |_: CommandRequest| {
            std::future::ready(answer())
        }))
        .oneshot(deposit())
        .await
}

async fn opened() -> CircuitBreakerLayer {
    let layer = circuit();
    for _ in 0..3 {
        send(&layer, unavailable).await.unwrap_err();
    }
    assert_eq!(layer.state(), CircuitState::Open);
    layer
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_outages_in_a_row_and_says_when_to_come_again() {
    let layer = opened().await;
    let (service, calls) = answers(&[accepted]);
    let fault = layer.layer(service).oneshot(deposit()).await.unwrap_err();
    assert_eq!(count(&calls), 0);
    assert!(
        matches!(
            fault,
            CommandFault::CircuitOpen {
                command: "Deposit",
                retry_after: SECOND
            }
        ),
        "{fault}"
    );
    assert!(!fault.is_transient());
}

#[tokio::test(start_paused = true)]
async fn a_success_and_a_refusal_show_that_the_store_is_well() {
    for well in [accepted as fn() -> _, rejected] {
        let layer = circuit();
        for _ in 0..5 {
            let _ = send(&layer, unavailable).await;
            let _ = send(&layer, outcome_unknown).await;
            let _ = send(&layer, well).await;
        }
        assert_eq!(layer.state(), CircuitState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_the_infrastructure_did_counts() {
    let layer = circuit();
    for neither in [contended as fn() -> _, panicked] {
        for _ in 0..10 {
            send(&layer, neither).await.unwrap_err();
        }
    }
    assert_eq!(layer.state(), CircuitState::Closed);
    let layer = circuit().counts(|fault| matches!(fault, CommandFault::Contended(_)));
    for _ in 0..3 {
        send(&layer, contended).await.unwrap_err();
    }
    assert_eq!(layer.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_succeeds_closes_it() {
    let layer = opened().await;
    tokio::time::sleep(SECOND).await;
    send(&layer, accepted).await.unwrap();
    assert_eq!(layer.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_limit() {
    let layer = opened().await;
    for open_for in [1, 2, 3, 3] {
        tokio::time::sleep(open_for * SECOND - Duration::from_millis(1)).await;
        let early = send(&layer, unavailable).await.unwrap_err();
        assert_eq!(early.kind(), "circuit_open");
        tokio::time::sleep(Duration::from_millis(1)).await;
        let probe = send(&layer, unavailable).await.unwrap_err();
        assert_eq!(probe.kind(), "unavailable");
        assert_eq!(layer.state(), CircuitState::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_probes_are_under_way_than_agreed_and_all_have_to_succeed() {
    let layer = opened().await.probes(2);
    tokio::time::sleep(SECOND).await;
    let mut first = layer.layer(silent());
    let mut second = layer.layer(silent());
    let (first, second) = (first.call(deposit()), second.call(deposit()));
    let third = send(&layer, accepted).await.unwrap_err();
    assert_eq!(third.kind(), "circuit_open");
    // a probe that nobody waits for gives its place back
    drop((first, second));
    send(&layer, accepted).await.unwrap();
    assert_eq!(layer.state(), CircuitState::HalfOpen);
    send(&layer, accepted).await.unwrap();
    assert_eq!(layer.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_began_before_it_opened_does_not_count_for_the_probes() {
    let layer = circuit();
    let (answer, late) = tokio::sync::oneshot::channel::<()>();
    let late = Arc::new(Mutex::new(Some(late)));
    let old = tokio::spawn(
        layer
            .layer(service_fn(move |_: CommandRequest| {
                let late = late.lock().unwrap().take().unwrap();
                async move {
                    late.await.unwrap();
                    unavailable()
                }
            }))
            .oneshot(deposit()),
    );
    tokio::task::yield_now().await;
    for _ in 0..3 {
        send(&layer, unavailable).await.unwrap_err();
    }
    tokio::time::sleep(SECOND).await;
    let probe = layer.layer(silent()).call(deposit());
    assert_eq!(layer.state(), CircuitState::HalfOpen);
    answer.send(()).unwrap();
    old.await.unwrap().unwrap_err();
    assert_eq!(layer.state(), CircuitState::HalfOpen, "the probe decides");
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_each_change() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let layer = circuit().on_change(move |change| {
        tell.lock()
            .unwrap()
            .push((change.from, change.to, change.open_for));
    });
    for _ in 0..3 {
        send(&layer, unavailable).await.unwrap_err();
    }
    tokio::time::sleep(SECOND).await;
    send(&layer, accepted).await.unwrap();
    use CircuitState::{Closed, HalfOpen, Open};
    assert_eq!(
        *told.lock().unwrap(),
        [
            (Closed, Open, Some(SECOND)),
            (Open, HalfOpen, None),
            (HalfOpen, Closed, None)
        ]
    );
}

#[tokio::test]
async fn an_observer_may_ask_the_circuit_for_its_state() {
    let layer = circuit();
    let (asked, seen) = (layer.clone(), Arc::new(Mutex::new(None)));
    let see = Arc::clone(&seen);
    let layer = layer.on_change(move |_| *see.lock().unwrap() = Some(asked.state()));
    for _ in 0..3 {
        send(&layer, unavailable).await.unwrap_err();
    }
    assert_eq!(*seen.lock().unwrap(), Some(CircuitState::Open));
}

#[tokio::test]
async fn an_application_with_a_store_that_is_well_stays_closed() {
    let layer = CircuitBreakerLayer::new().opens_after(1);
    let app = builder().layer(layer.clone()).open().await.unwrap();
    app.dispatch(Withdraw::new("1")).await.unwrap_err();
    app.dispatch(Break::new("1")).await.unwrap_err();
    app.dispatch(Deposit::new("1", 0)).await.unwrap_err();
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(layer.state(), CircuitState::Closed);
}
