use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::BoxFuture;
use mink::bus::{
    CommandFault, CommandRequest, CommandResponse, CommandService, DispatchOptions, Effect, Target,
};
use mink::prelude::*;
use tower::{BoxError, Layer, Service};

use super::domain::{
    Deposit, Ping, balance, builder, deposit, later, open_with_gate, transfer_of, withdraw,
};

mod futures {
    pub(super) type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;
}

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down what passes.
#[derive(Clone)]
struct Noting(&'static str, Log);

#[derive(Clone)]
struct Noted<S> {
    name: &'static str,
    log: Log,
    inner: S,
}

impl<S> Layer<S> for Noting {
    type Service = Noted<S>;
    fn layer(&self, inner: S) -> Noted<S> {
        Noted {
            name: self.0,
            log: Arc::clone(&self.1),
            inner,
        }
    }
}

impl<S> Service<CommandRequest> for Noted<S>
where
    S: Service<CommandRequest, Response = CommandResponse, Error = CommandFault>,
    S::Future: Send + 'static,
{
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = BoxFuture<Result<CommandResponse, CommandFault>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: CommandRequest) -> Self::Future {
        let (name, log) = (self.name, Arc::clone(&self.log));
        log.lock()
            .unwrap()
            .push(format!("{name} {}", request.name()));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let how = match &answer {
                Ok(CommandResponse::Accepted(accepted)) => {
                    format!("accepted {}", accepted.event_ids().len())
                }
                Ok(CommandResponse::Rejected(no)) => format!("rejected {}", no.error()),
                Err(fault) => fault.to_string(),
            };
            log.lock().unwrap().push(format!("{name} {how}"));
            answer
        })
    }
}

fn noted(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[tokio::test]
async fn the_first_layer_is_the_outermost_and_a_refusal_is_a_response() {
    let log = Log::default();
    let app = builder()
        .bare_stack()
        .layer(Noting("outer", Arc::clone(&log)))
        .layer(Noting("inner", Arc::clone(&log)))
        .open()
        .await
        .unwrap();
    app.dispatch(deposit("a", 1)).await.unwrap();
    assert_eq!(
        noted(&log),
        [
            "outer Deposit",
            "inner Deposit",
            "inner accepted 1",
            "outer accepted 1"
        ]
    );
    let refused = app.dispatch(withdraw("a", 3)).await.unwrap_err();
    assert_eq!(refused.rejection().unwrap().missing, 2);
    assert_eq!(noted(&log)[3], "outer rejected 2 cents are missing");
}

#[tokio::test]
async fn a_layer_is_for_the_commands_that_it_is_given_for() {
    let log = Log::default();
    let app = builder()
        .bare_stack()
        .layer_for::<Deposit>(Noting("typed", Arc::clone(&log)))
        .layer_when(
            |request| matches!(request.target(), Target::Handler(_)),
            Noting("functions", Arc::clone(&log)),
        )
        .open()
        .await
        .unwrap();
    app.dispatch(Ping).await.unwrap();
    assert_eq!(noted(&log), ["functions Ping", "functions accepted 0"]);
    app.dispatch(deposit("a", 5)).await.unwrap();
    app.dispatch(withdraw("a", 1)).await.unwrap();
    assert_eq!(noted(&log), ["typed Deposit", "typed accepted 1"]);
    // what a handler dispatches passes through the layers as well
    app.dispatch(transfer_of("a", "b", 1)).await.unwrap();
    assert_eq!(
        noted(&log),
        [
            "functions Transfer",
            "typed Deposit",
            "typed accepted 1",
            "functions accepted 0"
        ]
    );
}

/// Sets what the events carry, reads the command, and refuses some.
#[derive(Clone)]
struct Bouncer;

impl Layer<CommandService> for Bouncer {
    type Service = tower::util::MapRequest<
        tower::filter::Filter<
            CommandService,
            fn(CommandRequest) -> Result<CommandRequest, BoxError>,
        >,
        fn(CommandRequest) -> CommandRequest,
    >;
    fn layer(&self, inner: CommandService) -> Self::Service {
        let check: fn(CommandRequest) -> Result<CommandRequest, BoxError> =
            |request| match request.command::<Deposit>() {
                Some(command) if command.cents == 0 => Err("nothing is no deposit".into()),
                _ => Ok(request),
            };
        let name: fn(CommandRequest) -> CommandRequest = |mut request| {
            request.metadata_mut().user_id = Some("ada".to_owned());
            request.extensions_mut().insert("seen");
            request
        };
        tower::util::MapRequest::new(tower::filter::Filter::new(inner, check), name)
    }
}

#[tokio::test]
async fn a_layer_reads_the_command_changes_its_context_and_refuses() {
    let app = builder().bare_stack().layer(Bouncer).open().await.unwrap();
    let receipt = app.dispatch(deposit("a", 1)).await.unwrap();
    let stored = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    assert_eq!(stored.metadata.user_id.as_deref(), Some("ada"));
    let refused = app.dispatch(deposit("a", 0)).await.unwrap_err();
    assert!(
        matches!(
            refused.fault(),
            Some(CommandFault::Layer {
                effect: Effect::None,
                ..
            })
        ),
        "{refused:?}"
    );
    assert!(
        refused.to_string().contains("nothing is no deposit"),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn layers_of_other_crates_fit_and_their_errors_are_named() {
    let (_, gate) = open_with_gate().await;
    let app = builder()
        .service::<super::domain::Gate>(Arc::clone(&gate))
        .bare_stack()
        .layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(1)))
        .layer(tower::load_shed::LoadShedLayer::new())
        .layer(tower::limit::ConcurrencyLimitLayer::new(1))
        .open()
        .await
        .unwrap();
    app.dispatch(deposit("a", 1)).await.unwrap();
    let held = app.dispatch_detached(later("a", 1));
    gate.arrived.notified().await;
    let shed = app.dispatch(deposit("a", 1)).await.unwrap_err();
    assert!(shed.to_string().contains("overloaded"), "{shed}");
    let late = held.await.unwrap_err();
    assert!(late.to_string().contains("timed out"), "{late}");
    assert!(late.to_string().contains("nothing was written"), "{late}");
    assert_eq!(balance(&app, "a").await, 1);
}

#[tokio::test]
async fn a_fault_comes_through_layers_of_other_crates_as_itself() {
    let app = builder()
        .bare_stack()
        .layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(60)))
        .open()
        .await
        .unwrap();
    let refused = app.dispatch(deposit("", 1)).await.unwrap_err();
    assert!(
        matches!(refused.fault(), Some(CommandFault::Load(_))),
        "{refused:?}"
    );
}

/// Answers every command with the answer to another.
#[derive(Clone)]
struct Mixing(CommandService);

impl Service<CommandRequest> for Mixing {
    type Response = CommandResponse;
    type Error = CommandFault;
    type Future = BoxFuture<Result<CommandResponse, CommandFault>>;
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
        self.0.poll_ready(context)
    }
    fn call(&mut self, request: CommandRequest) -> Self::Future {
        static OTHER: Mutex<Option<CommandResponse>> = Mutex::new(None);
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            let other = OTHER.lock().unwrap().replace(answer);
            other.ok_or(CommandFault::Misrouted { command: "first" })
        })
    }
}

#[tokio::test]
async fn an_answer_of_another_type_is_a_fault_and_no_panic() {
    let app = builder()
        .bare_stack()
        .layer(tower::layer::layer_fn(Mixing))
        .open()
        .await
        .unwrap();
    assert!(app.dispatch(deposit("a", 1)).await.is_err());
    let mixed = app.dispatch(Ping).await.unwrap_err();
    assert!(
        matches!(
            mixed.fault(),
            Some(CommandFault::Misrouted { command: "Ping" })
        ),
        "{mixed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dispatch_that_takes_too_long_says_what_is_known_of_its_effect() {
    let (app, _gate) = open_with_gate().await;
    let options = DispatchOptions::new().within(Duration::from_secs(1));
    let late = app.dispatch_with(later("a", 1), options).await.unwrap_err();
    assert!(
        matches!(
            late.fault(),
            Some(CommandFault::TimedOut {
                effect: Effect::None,
                ..
            })
        ),
        "{late}"
    );
    assert!(!late.is_outcome_unknown());
}

#[tokio::test]
async fn what_passes_shows_no_field_of_a_command() {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let app = builder()
        .bare_stack()
        .layer_when(
            move |request| {
                seen.lock().unwrap().push(format!("{request:?}"));
                false
            },
            Bouncer,
        )
        .open()
        .await
        .unwrap();
    app.dispatch(deposit("ada@example.com", 1)).await.unwrap();
    let shown = noted(&log).concat();
    assert!(
        shown.contains("Deposit") && !shown.contains("ada"),
        "{shown}"
    );
    let _: Option<Mink> = Some(app);
}
