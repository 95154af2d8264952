use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use super::RateLimitLayer;
use super::limiter::{Limiter, Rate};
use crate::bus::layers::doc::{Deposit, Withdraw, builder};
use crate::bus::layers::testing::{accepted, answers, count, deposit, request};
use crate::bus::{CommandFault, CommandRequest};
use crate::id::TenantId;

const SECOND: Duration = Duration::from_secs(1);

fn two_a_second() -> RateLimitLayer {
    RateLimitLayer::new(2, SECOND)
}

/// How many of `requests` pass at once.
async fn passed(
    layer: &RateLimitLayer,
    requests: impl IntoIterator<Item = CommandRequest>,
) -> usize {
    let (service, calls) = answers(&[accepted]);
    let mut service = layer.layer(service);
    for request in requests {
        let _ = service.ready().await.unwrap().call(request).await;
    }
    count(&calls)
}

#[tokio::test(start_paused = true)]
async fn a_command_above_the_limit_is_refused_and_hears_when_to_come_again() {
    let (service, _) = answers(&[accepted]);
    let mut service = two_a_second().layer(service);
    for _ in 0..2 {
        service.call(deposit()).await.unwrap();
    }
    let fault = service.call(deposit()).await.unwrap_err();
    let CommandFault::RateLimited {
        command: "Deposit",
        retry_after,
    } = fault
    else {
        panic!("{fault}")
    };
    assert_eq!(retry_after, Duration::from_millis(500));
    tokio::time::sleep(retry_after).await;
    service.call(deposit()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_burst_says_how_many_may_come_at_once() {
    let layer = two_a_second();
    assert_eq!(passed(&layer, (0..10).map(|_| deposit())).await, 2);
    assert_eq!(
        passed(&layer.clone().burst(5), (0..10).map(|_| deposit())).await,
        5
    );
    assert_eq!(passed(&layer.burst(0), (0..10).map(|_| deposit())).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_type_of_command_has_a_share_of_its_own() {
    let requests = || (0..10).flat_map(|_| [deposit(), request(Withdraw::new("1"))]);
    assert_eq!(passed(&two_a_second(), requests()).await, 2);
    assert_eq!(passed(&two_a_second().per_command(), requests()).await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_has_a_share_of_its_own() {
    let requests = || {
        (0..30).map(|n| {
            let mut request = deposit();
            request.set_tenant(TenantId::new(["a", "b", "c"][n % 3]).unwrap());
            request
        })
    };
    assert_eq!(passed(&two_a_second(), requests()).await, 2);
    assert_eq!(passed(&two_a_second().per_tenant(), requests()).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_for_its_turn_when_it_may() {
    let begin = Instant::now();
    let layer = two_a_second().waiting(SECOND);
    assert_eq!(passed(&layer, (0..4).map(|_| deposit())).await, 4);
    assert_eq!(
        begin.elapsed(),
        SECOND,
        "two at once, one after half a second, one after one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_command_that_would_have_to_wait_too_long_is_refused_at_once() {
    let begin = Instant::now();
    let layer = two_a_second().waiting(Duration::from_millis(499));
    assert_eq!(passed(&layer, (0..4).map(|_| deposit())).await, 2);
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn keys_at_rest_are_forgotten() {
    let limiter = Limiter::new(Rate {
        commands: 2,
        per: SECOND,
        burst: None,
    });
    for key in 0..500 {
        limiter.take(&key.to_string()).unwrap();
    }
    assert_eq!(limiter.keys(), 500);
    tokio::time::sleep(60 * SECOND).await;
    for _ in 0..600 {
        let _ = limiter.take(&"busy".to_owned());
    }
    assert_eq!(limiter.keys(), 1);
}

#[tokio::test]
async fn one_stack_has_one_limit_for_all_its_callers() {
    let hour = Duration::from_secs(3600);
    let app = builder()
        .layer(RateLimitLayer::new(3, hour))
        .open()
        .await
        .unwrap();
    let all = app
        .dispatch_all((0..10).map(|_| Deposit::new("1", 5)))
        .await;
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 3);
}
