use tower::{Layer, ServiceExt, service_fn};

use super::IdempotencyLayer;
use crate::bus::layers::doc::{Account, Deposit, builder};
use crate::bus::layers::testing::{accepted, deposit};
use crate::bus::{CommandFault, CommandRequest, DispatchOptions};

/// The key that a command has within the layer.
async fn key_within(layer: IdempotencyLayer, request: CommandRequest) -> Option<String> {
    let seen = std::sync::Mutex::new(None);
    let service = layer.layer(service_fn(|request: CommandRequest| {
        *seen.lock().unwrap() = request.idempotency_key().map(|key| key.into_owned());
        std::future::ready(accepted())
    }));
    service.oneshot(request).await.unwrap();
    seen.into_inner().unwrap()
}

fn told() -> IdempotencyLayer {
    IdempotencyLayer::new(|request| {
        let deposit = request.command::<Deposit>()?;
        Some(format!("{} {}", request.name(), deposit.account_id))
    })
}

fn with_key() -> CommandRequest {
    let mut request = deposit();
    request.options_mut().idempotency_key = Some("given".to_owned());
    request
}

#[tokio::test]
async fn a_command_without_a_key_gets_the_one_that_the_function_tells() {
    let key = key_within(told(), deposit()).await;
    assert_eq!(key.as_deref(), Some("Deposit 1"));
    let unknown = IdempotencyLayer::new(|_| None);
    assert_eq!(key_within(unknown, deposit()).await, None);
}

#[tokio::test]
async fn the_key_that_a_command_comes_with_stays_unless_it_is_to_be_replaced() {
    let key = key_within(told(), with_key()).await;
    assert_eq!(key.as_deref(), Some("given"));
    let replaced = key_within(told().replacing(), with_key()).await;
    assert_eq!(replaced.as_deref(), Some("Deposit 1"));
}

#[tokio::test]
async fn the_key_may_come_from_an_extension_that_another_layer_left() {
    let mut request = deposit();
    request
        .extensions_mut()
        .insert("from the header".to_owned());
    let key = key_within(IdempotencyLayer::from_extension::<String>(), request).await;
    assert_eq!(key.as_deref(), Some("from the header"));
}

#[tokio::test]
async fn a_command_that_comes_again_takes_effect_once_and_has_the_first_answer() {
    let app = builder().layer(told()).open().await.unwrap();
    let first = app.dispatch(Deposit::new("1", 5)).await.unwrap();
    let again = app.dispatch(Deposit::new("1", 5)).await.unwrap();
    assert_eq!(first.event_ids(), again.event_ids());
    app.dispatch(Deposit::new("2", 5)).await.unwrap();
    let options = DispatchOptions::new().idempotency_key("another");
    app.dispatch_with(Deposit::new("1", 5), options)
        .await
        .unwrap();
    assert_eq!(app.load::<Account>("1").await.unwrap().balance, 10);
    let reused = app.dispatch(Deposit::new("1", 6)).await.unwrap_err();
    assert!(
        matches!(reused.fault(), Some(CommandFault::KeyReused { .. })),
        "{reused}"
    );
}
