//! Layers around commands.
#![allow(clippy::print_stdout, reason = "the page shows what is printed")]
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mink::bus::layers::{
    AuditEntry, AuditLayer, CircuitBreakerLayer, CircuitState, CorrelationLayer, RateLimitLayer,
    RetryLayer, TenantLayer, TimeoutLayer,
};
use mink::bus::{CommandFault, CommandRequest};
use mink::id::TenantId;
use mink::prelude::*;

// ANCHOR: rules
#[command]
#[derive(garde::Validate)]
pub struct OrderTea {
    #[garde(skip)]
    pub table_id: u32,
    #[garde(range(min = 1, max = 12))]
    pub cups: u8,
    #[garde(length(min = 1, max = 40))]
    pub kind: String,
}
// ANCHOR_END: rules

// ANCHOR: rules_by_hand
#[command]
pub struct Reserve {
    pub table_id: u32,
    pub from: u8,
    pub to: u8,
}

impl mink::command::Validate for Reserve {
    fn validate(&self) -> Result<(), mink::command::ValidationErrors> {
        let mut errors = mink::command::ValidationErrors::new();
        if self.to <= self.from {
            errors.add("to", "is before the beginning");
        }
        errors.into_result()
    }
}
// ANCHOR_END: rules_by_hand

#[event]
pub struct TeaOrdered {
    pub cups: u8,
}

#[event]
pub struct Reserved {}

#[derive(Aggregate, Default)]
pub struct Table {
    cups: u32,
}

#[handlers]
impl Table {
    fn order(&self, command: OrderTea) -> TeaOrdered {
        TeaOrdered { cups: command.cups }
    }
    fn reserve(&self, _: Reserve) -> Reserved {
        Reserved {}
    }
    fn ordered(&mut self, event: &TeaOrdered) {
        self.cups += u32::from(event.cups);
    }
    fn reserved(&mut self, _: &Reserved) {}
}

fn tea(cups: u8) -> OrderTea {
    OrderTea {
        table_id: 1,
        cups,
        kind: "green".to_owned(),
    }
}

#[tokio::test]
async fn a_broken_rule_is_told_by_field() {
    let app = Mink::open("memory://").await.unwrap();
    // ANCHOR: invalid
    let refused = app.dispatch(tea(13)).await.unwrap_err();
    let errors = refused.invalid().expect("a rule is broken");
    for field in errors.fields() {
        println!("{}: {}", field.path, field.message); // cups: greater than 12
    }
    // ANCHOR_END: invalid
    assert_eq!(errors.of("cups").collect::<Vec<_>>(), ["greater than 12"]);
    let reserve = Reserve {
        table_id: 1,
        from: 12,
        to: 11,
    };
    assert!(app.dispatch(reserve).await.unwrap_err().invalid().is_some());
}

tokio::task_local! {
    static CALLER: TenantId;
    static REQUEST_ID: String;
}

#[tokio::test]
async fn a_stack_for_production() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let book = Arc::clone(&told);
    // ANCHOR: stack
    let circuit = CircuitBreakerLayer::new();
    let app = Mink::builder()
        .url("memory://")
        .layer(TenantLayer::new(|_| CALLER.try_with(TenantId::clone).ok()).required())
        .layer(CorrelationLayer::new(|_| {
            REQUEST_ID.try_with(String::clone).ok()
        }))
        .layer(AuditLayer::new(move |entry: AuditEntry| {
            book.lock().unwrap().push(entry.to_string());
            async { Ok(()) }
        }))
        .layer(RateLimitLayer::new(100, Duration::from_secs(1)).per_tenant())
        .layer(TimeoutLayer::new(Duration::from_secs(10)))
        .layer(RetryLayer::new().attempts(5))
        .layer(circuit.clone())
        .open()
        .await
        .unwrap();
    // ANCHOR_END: stack
    let caller = TenantId::new("acme").unwrap();
    let request = REQUEST_ID.scope("r-17".to_owned(), app.dispatch(tea(2)));
    let receipt = CALLER.scope(caller, request).await.unwrap();
    assert_eq!(receipt.tenant().as_str(), "acme");
    assert_eq!(
        *told.lock().unwrap(),
        ["`OrderTea` for `1`: accepted at version 1"]
    );
    assert_eq!(circuit.state(), CircuitState::Closed);
    let nobody = app.dispatch(tea(2)).await.unwrap_err();
    assert!(matches!(
        nobody.fault(),
        Some(CommandFault::NoTenant { .. })
    ));
}

#[tokio::test]
async fn layers_for_some_commands() {
    // ANCHOR: some
    let app = Mink::builder()
        .url("memory://")
        .layer_for::<Reserve>(TimeoutLayer::new(Duration::from_secs(1)))
        .layer_when(
            |request| !request.is_nested(),
            RateLimitLayer::new(1, Duration::from_secs(3600)).per_command(),
        )
        .open()
        .await
        .unwrap();
    // ANCHOR_END: some
    app.dispatch(tea(1)).await.unwrap();
    let refused = app.dispatch(tea(1)).await.unwrap_err();
    assert!(matches!(
        refused.fault(),
        Some(CommandFault::RateLimited { .. })
    ));
}

#[tokio::test]
async fn layers_of_other_crates() {
    // ANCHOR: third_party
    let app = Mink::builder()
        .url("memory://")
        .layer(tower::limit::ConcurrencyLimitLayer::new(64))
        .layer(tower::util::MapRequestLayer::new(
            |mut request: CommandRequest| {
                request.metadata_mut().user_id = Some("ada".to_owned());
                request
            },
        ))
        .open()
        .await
        .unwrap();
    // ANCHOR_END: third_party
    let receipt = app.dispatch(tea(1)).await.unwrap();
    let event = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    assert_eq!(event.metadata.user_id.as_deref(), Some("ada"));
}

mod own {
    // ANCHOR: own_layer
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Poll};

    use mink::bus::tower::{Layer, Service};
    use mink::bus::{CommandFault, CommandRequest, CommandResponse};

    /// Refuses commands while the shop is closed.
    #[derive(Clone, Default)]
    pub struct OpeningLayer {
        pub closed: Arc<AtomicBool>,
    }

    /// What the layer puts around what is within it.
    #[derive(Clone)]
    pub struct Opening<S> {
        inner: S,
        closed: Arc<AtomicBool>,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the shop is closed")]
    pub struct ShopClosed;

    impl<S> Layer<S> for OpeningLayer {
        type Service = Opening<S>;

        fn layer(&self, inner: S) -> Opening<S> {
            let closed = Arc::clone(&self.closed);
            Opening { inner, closed }
        }
    }

    type Answer = Result<CommandResponse, CommandFault>;

    impl<S> Service<CommandRequest> for Opening<S>
    where
        S: Service<CommandRequest, Response = CommandResponse, Error = CommandFault>,
        S::Future: Send + 'static,
    {
        type Response = CommandResponse;
        type Error = CommandFault;
        type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

        fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CommandFault>> {
            self.inner.poll_ready(context)
        }

        fn call(&mut self, request: CommandRequest) -> Self::Future {
            if self.closed.load(Ordering::Relaxed) {
                // an error of your own comes to the caller as `CommandFault::Layer`
                return Box::pin(async { Err(CommandFault::of(ShopClosed.into())) });
            }
            let name = request.name();
            let answer = self.inner.call(request);
            Box::pin(async move {
                let answer = answer.await?;
                if let CommandResponse::Rejected(_) = answer {
                    println!("`{name}` was refused"); // an answer, and no error
                }
                Ok(answer)
            })
        }
    }
    // ANCHOR_END: own_layer
}

#[tokio::test]
async fn a_layer_of_ones_own() {
    let opening = own::OpeningLayer::default();
    let app = Mink::builder()
        .url("memory://")
        .layer(opening.clone())
        .open()
        .await
        .unwrap();
    app.dispatch(tea(1)).await.unwrap();
    opening
        .closed
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let refused = app.dispatch(tea(1)).await.unwrap_err();
    // ANCHOR: own_error
    let Some(CommandFault::Layer { source, .. }) = refused.fault() else {
        panic!("{refused}")
    };
    assert!(source.is::<own::ShopClosed>());
    // ANCHOR_END: own_error
}

#[tokio::test]
async fn a_bare_stack() {
    // ANCHOR: bare
    let app = Mink::builder().url("memory://").bare_stack();
    // ANCHOR_END: bare
    app.open().await.unwrap().dispatch(tea(13)).await.unwrap();
}
