use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, ServiceExt, service_fn};

use super::RetryLayer;
use crate::bus::layers::doc::{Account, Deposit, Frozen, builder};
use crate::bus::layers::testing::{
    accepted, answers, contended, count, deposit, outcome_unknown, panicked, rejected, unavailable,
};
use crate::bus::layers::{CircuitBreakerLayer, CircuitState};
use crate::bus::{CommandFault, CommandRequest, Effect};

const MS: Duration = Duration::from_millis(1);

fn retry() -> RetryLayer {
    RetryLayer::new()
        .attempts(5)
        .first_wait(10 * MS)
        .longest_wait(25 * MS)
        .within(Duration::from_secs(1))
        .without_jitter()
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_passes_is_tried_again_after_growing_waits_up_to_a_cap() {
    let begin = Instant::now();
    let (service, calls) = answers(&[unavailable, contended, unavailable, unavailable, accepted]);
    retry().layer(service).oneshot(deposit()).await.unwrap();
    assert_eq!(count(&calls), 5);
    assert_eq!(begin.elapsed(), (10 + 20 + 25 + 25) * MS);
}

#[tokio::test(start_paused = true)]
async fn jitter_makes_no_wait_longer_than_the_cap() {
    let begin = Instant::now();
    let (service, calls) = answers(&[unavailable]);
    let layer = RetryLayer::new()
        .attempts(100)
        .first_wait(25 * MS)
        .longest_wait(25 * MS);
    layer.layer(service).oneshot(deposit()).await.unwrap_err();
    assert_eq!(count(&calls), 100);
    assert!(begin.elapsed() <= 99 * 25 * MS, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_last_fault_is_the_answer_when_the_attempts_are_used_up() {
    let (service, calls) = answers(&[contended, contended, unavailable]);
    let fault = retry().attempts(3).layer(service).oneshot(deposit()).await;
    assert_eq!(count(&calls), 3);
    assert_eq!(fault.unwrap_err().kind(), "unavailable");
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_after_the_time_for_all_of_them() {
    let (service, calls) = answers(&[unavailable]);
    let layer = retry().within(35 * MS);
    layer.layer(service).oneshot(deposit()).await.unwrap_err();
    assert_eq!(
        count(&calls),
        3,
        "at 0, 10 and 30 ms; the next would be at 55"
    );
}

#[tokio::test]
async fn no_attempts_at_all_is_one() {
    let (service, calls) = answers(&[unavailable]);
    let layer = retry().attempts(0);
    layer.layer(service).oneshot(deposit()).await.unwrap_err();
    assert_eq!(count(&calls), 1);
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    for script in [
        &[rejected, accepted],
        &[panicked, accepted],
        &[outcome_unknown, accepted],
    ] {
        let script: &'static [fn() -> _] = script;
        let (service, calls) = answers(script);
        let _ = retry().layer(service).oneshot(deposit()).await;
        assert_eq!(count(&calls), 1);
    }
}

#[tokio::test]
async fn what_may_have_happened_is_never_tried_again_whatever_the_application_thinks() {
    let (service, calls) = answers(&[outcome_unknown]);
    let layer = retry().when(|_| true);
    layer.layer(service).oneshot(deposit()).await.unwrap_err();
    assert_eq!(count(&calls), 1);

    let durable = service_fn(|request: CommandRequest| {
        request.progress().set(Effect::Durable);
        std::future::ready(unavailable())
    });
    let layer = retry().when(|_| true).without_jitter();
    let begin = Instant::now();
    layer.layer(durable).oneshot(deposit()).await.unwrap_err();
    assert!(begin.elapsed() < 10 * MS, "it did not even wait");
}

#[tokio::test]
async fn the_application_says_which_faults_are_worth_it() {
    let (service, calls) = answers(&[unavailable, accepted]);
    let layer = retry().when(|fault| !matches!(fault, CommandFault::Commit(_)));
    layer.layer(service).oneshot(deposit()).await.unwrap_err();
    assert_eq!(count(&calls), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_tried_again_when_the_application_asks_for_it() {
    let (service, calls) = answers(&[rejected, accepted]);
    let layer = retry().when_rejected(|rejection| rejection.downcast_ref::<Frozen>().is_some());
    let answer = layer.layer(service).oneshot(deposit()).await.unwrap();
    assert!(!answer.is_rejected());
    assert_eq!(count(&calls), 2);
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_dispatch_also_while_it_waits() {
    let (service, calls) = answers(&[unavailable]);
    let sent = tokio::spawn(retry().layer(service).oneshot(deposit()));
    while count(&calls) == 0 {
        tokio::task::yield_now().await;
    }
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(count(&calls), 1);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_opens_ends_the_attempts() {
    let circuit = CircuitBreakerLayer::new().opens_after(2);
    let (service, calls) = answers(&[unavailable]);
    let service = retry().layer(circuit.layer(service));
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert_eq!(
        count(&calls),
        2,
        "the third attempt is refused by the circuit"
    );
    assert_eq!(fault.kind(), "circuit_open");
    assert_eq!(circuit.state(), CircuitState::Open);
}

#[tokio::test]
async fn an_application_that_tries_again_stores_each_command_once() {
    let app = builder().layer(RetryLayer::new()).open().await.unwrap();
    for _ in 0..10 {
        app.dispatch(Deposit::new("1", 5)).await.unwrap();
    }
    assert_eq!(app.load::<Account>("1").await.unwrap().balance, 50);
}
