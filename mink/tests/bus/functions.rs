use mink::bus::DispatchError;

use super::domain::{
    NotEnough, Ping, Transfer, TransferError, balance, deposit, open, transfer_of,
};
use mink::app::OpenError;
use mink::prelude::*;

#[tokio::test]
async fn a_function_handles_a_command_and_its_reply_is_the_answer() {
    let app = open().await;
    app.dispatch(deposit("a", 100)).await.unwrap();
    let count: u64 = app.dispatch(transfer_of("a", "b", 60)).await.unwrap();
    assert_eq!(count, 1);
    assert_eq!(
        (balance(&app, "a").await, balance(&app, "b").await),
        (40, 60)
    );
}

#[tokio::test]
async fn a_function_refuses_with_the_domains_own_error() {
    let app = open().await;
    let refused = app.dispatch(transfer_of("a", "b", 60)).await.unwrap_err();
    let expected = TransferError::NotEnough(NotEnough { missing: 60 });
    assert_eq!(refused.rejection(), Some(&expected));
}

#[tokio::test]
async fn a_function_that_returns_nothing_answers_with_nothing() {
    let app = open().await;
    let () = app.dispatch(Ping).await.unwrap();
}

#[tokio::test]
async fn what_a_function_dispatches_is_for_the_tenant_of_its_command() {
    let app = open().await;
    let acme = app.tenant("acme").unwrap();
    acme.dispatch(deposit("a", 100)).await.unwrap();
    let refused: Result<_, DispatchError<_>> = app.dispatch(transfer_of("a", "b", 60)).await;
    assert!(refused.is_err());
    acme.dispatch(transfer_of("a", "b", 60)).await.unwrap();
    assert_eq!(balance(&acme, "b").await, 60);
    assert_eq!(balance(&app, "b").await, 0);
}

#[test]
fn the_registry_knows_functions_by_name_and_place() {
    let registry = mink::registry();
    assert!(registry.verify().is_ok(), "{:?}", registry.verify());
    let function = registry
        .functions()
        .iter()
        .find(|function| function.name == "transfer")
        .unwrap();
    assert_eq!(function.command, Transfer::NAME);
    assert!(function.location.file.ends_with("bus/domain.rs"));
    let text = registry.to_string();
    assert!(
        text.contains("Transfer -> fn transfer (mink/tests/bus/domain.rs:"),
        "{text}"
    );
    assert!(text.contains("takes bus::domain::Transfers"), "{text}");
}

#[tokio::test]
async fn a_service_that_a_function_takes_and_nobody_provides_is_said_at_start() {
    let opened = Mink::builder().url("memory://").open().await;
    let Err(OpenError::Faults(faults)) = opened else {
        panic!("it opened");
    };
    let text = faults.to_string();
    assert!(
        text.contains("`transfer` takes a `bus::domain::Transfers` to handle `Transfer`"),
        "{text}"
    );
    assert!(text.contains("mink/tests/bus/domain.rs:"), "{text}");
}
