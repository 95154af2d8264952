use mink::bus::CommandRequest;
use mink::bus::layers::{CausationLayer, CorrelationLayer, TenantLayer};
use mink::id::{StreamId, TenantId};
use mink::metadata::Metadata;
use mink::prelude::*;

use super::domain::{PayEverywhere, Then, Till, builder, pay};

async fn open() -> Mink {
    let named = |what: &'static str| {
        move |request: &CommandRequest| {
            // what is dispatched by a handler comes with the ids of the command that is being handled
            Some(format!("{what} of {}", request.name()))
        }
    };
    builder()
        .layer(TenantLayer::new(|_| TenantId::new("acme").ok()))
        .layer(CorrelationLayer::new(named("request")))
        .layer(CausationLayer::new(named("cause")))
        .open()
        .await
        .unwrap()
}

async fn metadata(app: &Mink, till: &str) -> Metadata {
    let stream = StreamId::of("Till", till).unwrap();
    let mut events: Vec<_> = app.read_stream(&stream).try_collect().await.unwrap();
    events.remove(0).metadata
}

#[tokio::test]
async fn the_ids_that_layers_give_arrive_in_the_events_through_every_way_to_a_handler() {
    let app = open().await;
    app.dispatch(pay("dispatch", 1)).await.unwrap();
    app.dispatch_detached(pay("detached", 1)).await.unwrap();
    for answer in app.dispatch_all([pay("all", 1)]).await {
        answer.unwrap();
    }
    let payload = mink::serde_json::json!({"till_id": "json", "cents": 1});
    app.dispatch_json("Pay", &payload).await.unwrap();
    let acme = app.tenant("acme").unwrap();
    for till in ["dispatch", "detached", "all", "json"] {
        let metadata = metadata(&acme, till).await;
        assert_eq!(
            metadata.correlation_id.as_deref(),
            Some("request of Pay"),
            "{till}"
        );
        assert_eq!(
            metadata.causation_id.as_deref(),
            Some("cause of Pay"),
            "{till}"
        );
    }
    assert!(app.load::<Till>("dispatch").await.is_err(), "it is acme's");
}

#[tokio::test]
async fn what_a_handler_sets_in_motion_carries_the_correlation_that_a_layer_gave_to_its_command() {
    let app = open().await;
    app.dispatch(PayEverywhere { then: Then::Answer })
        .await
        .unwrap();
    let acme = app.tenant("acme").unwrap();
    for till in ["dispatched", "appended", "session"] {
        let metadata = metadata(&acme, till).await;
        assert_eq!(
            metadata.correlation_id.as_deref(),
            Some("request of PayEverywhere"),
            "{till}"
        );
    }
}
