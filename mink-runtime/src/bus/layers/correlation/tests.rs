use tower::{Layer, ServiceExt, service_fn};

use super::CorrelationLayer;
use crate::bus::CommandRequest;
use crate::bus::layers::doc::{Deposit, builder};
use crate::bus::layers::testing::{accepted, deposit};
use crate::metadata::Metadata;

/// The id that a command has within the layer.
async fn id_within(layer: CorrelationLayer, request: CommandRequest) -> Option<String> {
    let (seen, within) = tokio::sync::oneshot::channel();
    let seen = std::sync::Mutex::new(Some(seen));
    let service = layer.layer(service_fn(|request: CommandRequest| {
        let id = request.metadata().correlation_id.clone();
        seen.lock().unwrap().take().unwrap().send(id).unwrap();
        std::future::ready(accepted())
    }));
    service.oneshot(request).await.unwrap();
    within.await.unwrap()
}

fn with_id() -> CommandRequest {
    let mut request = deposit();
    request.metadata_mut().correlation_id = Some("given".to_owned());
    request
}

fn told() -> CorrelationLayer {
    CorrelationLayer::new(|request| Some(format!("of {}", request.name())))
}

#[tokio::test]
async fn a_command_without_an_id_gets_the_one_that_the_function_tells() {
    let id = id_within(told(), deposit()).await;
    assert_eq!(id.as_deref(), Some("of Deposit"));
}

#[tokio::test]
async fn the_id_that_a_command_comes_with_stays_unless_it_is_to_be_replaced() {
    assert_eq!(id_within(told(), with_id()).await.as_deref(), Some("given"));
    let replaced = id_within(told().replacing(), with_id()).await;
    assert_eq!(replaced.as_deref(), Some("of Deposit"));
    let unknown = CorrelationLayer::new(|_| None).replacing();
    assert_eq!(
        id_within(unknown, with_id()).await.as_deref(),
        Some("given")
    );
}

#[tokio::test]
async fn the_id_may_come_from_an_extension_that_another_layer_left() {
    #[derive(Clone)]
    struct Header(u32);
    impl std::fmt::Display for Header {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "header {}", self.0)
        }
    }
    let mut request = deposit();
    request.extensions_mut().insert(Header(9));
    let id = id_within(CorrelationLayer::from_extension::<Header>(), request).await;
    assert_eq!(id.as_deref(), Some("header 9"));
}

#[tokio::test]
async fn the_id_arrives_in_the_events() {
    let app = builder().layer(told()).open().await.unwrap();
    let receipt = app.dispatch(Deposit::new("1", 5)).await.unwrap();
    let event = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    assert_eq!(event.metadata.correlation_id.as_deref(), Some("of Deposit"));

    let app = app.with_metadata(Metadata {
        correlation_id: Some("given".to_owned()),
        ..Metadata::default()
    });
    let receipt = app.dispatch(Deposit::new("1", 5)).await.unwrap();
    let event = app.event(receipt.event_ids()[0]).await.unwrap().unwrap();
    assert_eq!(event.metadata.correlation_id.as_deref(), Some("given"));
}
