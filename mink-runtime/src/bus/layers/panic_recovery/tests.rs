use futures_util::future::join_all;
use tower::{Layer, ServiceExt, service_fn};

use super::PanicRecoveryLayer;
use crate::bus::layers::doc::{Account, Break, Deposit, builder};
use crate::bus::layers::testing::{Answered, accepted, answers, deposit};
use crate::bus::{CommandFault, CommandRequest, Effect};

const SECRET: &str = "4711";

async fn broken(_: CommandRequest) -> Answered {
    panic!("the card is {SECRET}")
}

fn assert_says_nothing(fault: &CommandFault) {
    let shown = format!("{fault} {fault:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn what_does_not_panic_passes() {
    let service = PanicRecoveryLayer::new().layer(answers(&[accepted]).0);
    assert!(service.oneshot(deposit()).await.is_ok());
}

#[tokio::test]
async fn a_panic_is_a_fault_that_names_the_command_and_says_nothing_else() {
    let service = PanicRecoveryLayer::new().layer(service_fn(broken));
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert!(matches!(
        fault,
        CommandFault::Panicked {
            command: "Deposit",
            effect: Effect::None
        }
    ));
    assert_says_nothing(&fault);
}

#[tokio::test]
async fn a_panic_before_there_is_a_future_is_a_fault_too() {
    let service = PanicRecoveryLayer::new().layer(service_fn(
        |_: CommandRequest| -> std::future::Ready<Answered> { panic!("the card is {SECRET}") },
    ));
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert_eq!(fault.kind(), "handler_panicked");
    assert_says_nothing(&fault);
}

#[tokio::test]
async fn a_panic_after_the_commit_says_that_the_command_took_effect() {
    let service =
        PanicRecoveryLayer::new().layer(service_fn(|request: CommandRequest| async move {
            request.progress().set(Effect::Durable);
            panic!("too late")
        }));
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_one_handler_of_a_thousand_fails_that_one_alone() {
    let app = builder().open().await.unwrap();
    let dispatched = (0..1000).map(|n| {
        let app = app.clone();
        tokio::spawn(async move {
            if n == 500 {
                app.dispatch(Break::new(SECRET))
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            } else {
                let deposit = Deposit::new(&(n % 10).to_string(), 1);
                app.dispatch(deposit)
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            }
        })
    });
    let ended = join_all(dispatched).await;
    let failed: Vec<_> = ended
        .into_iter()
        .enumerate()
        .filter_map(|(n, ended)| ended.unwrap().err().map(|error| (n, error)))
        .collect();
    let [(500, error)] = failed.as_slice() else {
        panic!("{failed:?}")
    };
    assert_eq!(
        error,
        "the handler of `Break` panicked; nothing was written"
    );
    let mut balance = 0;
    for n in 0..10 {
        balance += app.load::<Account>(n.to_string()).await.unwrap().balance;
    }
    assert_eq!(balance, 999);
}
