use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower::{BoxError, Layer, ServiceExt, service_fn};

use super::{AuditEntry, AuditLayer, AuditOutcome};
use crate::bus::layers::TimeoutLayer;
use crate::bus::layers::doc::{Break, Deposit, Frozen, Withdraw, builder};
use crate::bus::layers::testing::{
    Answered, accepted, answers, deposit, rejected, request, silent, unavailable,
};
use crate::bus::{CommandFault, CommandRequest, DispatchOptions, Effect, Ended};

/// Where a test's hook writes.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<AuditEntry>>>);

impl Book {
    fn layer(&self) -> AuditLayer {
        let book = self.clone();
        AuditLayer::new(move |entry| {
            book.0.lock().unwrap().push(entry);
            async { Ok(()) }
        })
    }

    fn lines(&self) -> Vec<String> {
        let entries = self.0.lock().unwrap();
        entries.iter().map(ToString::to_string).collect()
    }

    async fn holds_one(&self) {
        for _ in 0..1000 {
            if !self.0.lock().unwrap().is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("nobody was told");
    }
}

async fn broken(_: CommandRequest) -> Answered {
    panic!("the card is 4711")
}

fn failing() -> AuditLayer {
    AuditLayer::new(|_| async { Err(BoxError::from("the disk is full")) })
}

#[tokio::test]
async fn the_hook_is_told_how_a_command_ended() {
    let book = Book::default();
    for answer in [accepted as fn() -> _, rejected, unavailable] {
        let service = service_fn(move |_: CommandRequest| std::future::ready(answer()));
        let _ = book.layer().layer(service).oneshot(deposit()).await;
    }
    assert_eq!(
        book.lines(),
        [
            "`Deposit` for `1`: accepted at version 7",
            "`Deposit` for `1`: rejected",
            "`Deposit` for `1`: failed: the store could not be reached: the line is dead",
        ]
    );
}

#[tokio::test]
async fn the_aggregate_that_decided_beats_the_one_that_the_command_names() {
    let book = Book::default();
    let service = book.layer().layer(answers(&[accepted]).0);
    service
        .oneshot(request(Deposit::new("alias", 5)))
        .await
        .unwrap();
    let entries = book.0.lock().unwrap();
    assert_eq!(entries[0].aggregate_id.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_panic_is_recorded_and_passed_on_as_a_fault() {
    let book = Book::default();
    let service = book.layer().layer(service_fn(broken));
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert_eq!(fault.kind(), "handler_panicked");
    assert_eq!(
        book.lines(),
        ["`Deposit` for `1`: failed: the handler of `Deposit` panicked; nothing was written"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_within_is_recorded() {
    let book = Book::default();
    let timeout = TimeoutLayer::new(Duration::from_secs(1));
    let service = book.layer().layer(timeout.layer(silent()));
    service.oneshot(deposit()).await.unwrap_err();
    assert_eq!(
        book.lines(),
        ["`Deposit` for `1`: failed: no answer to `Deposit` within 1s; nothing was written"]
    );
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_longer_is_recorded() {
    let book = Book::default();
    let unheard = book.layer().layer(service_fn(|request: CommandRequest| {
        request.progress().set(Effect::Unknown);
        std::future::pending::<Answered>()
    }));
    drop(futures_util::poll!(Box::pin(unheard.oneshot(deposit()))));
    book.holds_one().await;
    let entries = book.0.lock().unwrap();
    assert!(
        matches!(
            entries[0].outcome,
            AuditOutcome::Abandoned {
                effect: Effect::Unknown
            }
        ),
        "{}",
        entries[0]
    );
}

#[tokio::test]
async fn whoever_goes_away_does_not_interrupt_the_hook() {
    let (begun, go_on) = (
        Arc::new(tokio::sync::Notify::new()),
        Arc::new(tokio::sync::Notify::new()),
    );
    let book = Book::default();
    let (hook_begun, hook_goes_on, written) = (begun.clone(), go_on.clone(), book.clone());
    let layer = AuditLayer::new(move |entry| {
        let (begun, go_on, book) = (hook_begun.clone(), hook_goes_on.clone(), written.clone());
        async move {
            begun.notify_one();
            go_on.notified().await;
            book.0.lock().unwrap().push(entry);
            Ok(())
        }
    });
    let dispatched = tokio::spawn(layer.layer(answers(&[accepted]).0).oneshot(deposit()));
    begun.notified().await;
    dispatched.abort();
    assert!(dispatched.await.is_err());
    go_on.notify_one();
    book.holds_one().await;
    assert_eq!(book.lines().len(), 1);
}

#[tokio::test]
async fn a_hook_that_fails_open_leaves_the_answer_as_it_is() {
    let send = |answer: fn() -> Answered| {
        let service = service_fn(move |_: CommandRequest| std::future::ready(answer()));
        failing().layer(service).oneshot(deposit())
    };
    assert!(!send(accepted).await.unwrap().is_rejected());
    assert!(send(rejected).await.unwrap().is_rejected());
    assert_eq!(send(unavailable).await.unwrap_err().kind(), "unavailable");
}

#[tokio::test]
async fn a_hook_that_fails_closed_joins_its_error_to_how_the_command_ended_and_hides_nothing() {
    let send = async |answer: fn() -> Answered| {
        let service = service_fn(move |request: CommandRequest| {
            request.progress().set(Effect::Durable);
            std::future::ready(answer())
        });
        let layer = failing().fail_closed();
        let fault = layer.layer(service).oneshot(deposit()).await.unwrap_err();
        assert!(fault.may_have_happened());
        let CommandFault::Unaudited { reason, ended, .. } = fault else {
            panic!("{fault}")
        };
        assert_eq!(reason.to_string(), "the disk is full");
        *ended
    };
    assert!(matches!(send(accepted).await, Ended::Accepted));
    let Ended::Rejected(domain) = send(rejected).await else {
        panic!("the domain's error is gone")
    };
    assert_eq!(domain.downcast_ref(), Some(&Frozen));
    let Ended::Failed(fault) = send(unavailable).await else {
        panic!("the fault is gone")
    };
    assert_eq!(fault.kind(), "unavailable");
}

#[tokio::test]
async fn a_hook_that_panics_has_failed() {
    let layer = AuditLayer::new(|_| async { panic!("no ink") }).fail_closed();
    let service = layer.layer(answers(&[accepted]).0);
    let fault = service.oneshot(deposit()).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "`Deposit` was accepted, and could not be audited: the audit hook panicked; nothing was written"
    );
}

#[tokio::test]
async fn an_application_tells_of_every_command_whatever_became_of_it() {
    let book = Book::default();
    let app = builder().layer(book.layer()).open().await.unwrap();
    app.dispatch(Deposit::new("1", 5)).await.unwrap();
    app.dispatch(Withdraw::new("1")).await.unwrap_err();
    app.dispatch(Break::new("1")).await.unwrap_err();
    app.dispatch(Deposit::new("1", 0)).await.unwrap_err();
    assert_eq!(
        book.lines(),
        [
            "`Deposit` for `1`: accepted at version 1",
            "`Withdraw` for `1`: rejected",
            "`Break` for `1`: failed: the handler of `Break` panicked; nothing was written",
            "`Deposit` for `1`: failed: `Deposit` is not valid: `amount` is zero",
        ]
    );
}

#[tokio::test]
async fn the_entry_has_the_ids_that_the_events_carry() {
    let book = Book::default();
    let app = builder().layer(book.layer()).open().await.unwrap();
    let acme = app.tenant("acme").unwrap();
    let receipt = acme.dispatch(Deposit::new("1", 5)).await.unwrap();
    let event = acme.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    let entries = book.0.lock().unwrap();
    assert_eq!(entries[0].metadata, event.metadata);
    assert_eq!(entries[0].tenant.as_str(), "acme");
}

#[tokio::test(start_paused = true)]
async fn a_dispatch_that_its_caller_limits_is_recorded() {
    let book = Book::default();
    let app = builder()
        .layer(book.layer())
        .layer(tower::layer::layer_fn(|_| silent()))
        .open()
        .await
        .unwrap();
    let options = DispatchOptions::new().within(Duration::from_secs(1));
    app.dispatch_with(Deposit::new("1", 5), options)
        .await
        .unwrap_err();
    book.holds_one().await;
    assert_eq!(
        book.lines(),
        ["`Deposit` for `1`: abandoned; nothing was written"]
    );
}
