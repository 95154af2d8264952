use std::collections::BTreeMap;

use mink::metadata::{Metadata, TraceContext};
use mink::storage::RecordedEvent;

use super::domain::{
    Account, Deposited, Outside, Relay, builder, deposit, open, transfer_of, withdraw,
};
use mink::prelude::*;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn full() -> Metadata {
    Metadata {
        correlation_id: Some("request-1".to_owned()),
        causation_id: Some("click-1".to_owned()),
        user_id: Some("ada".to_owned()),
        trace: TraceContext::parse(TRACE, None).ok(),
        custom: BTreeMap::from([("shop".to_owned(), "7".to_owned())]),
    }
}

async fn stored(app: &Mink) -> Vec<RecordedEvent> {
    app.feed()
        .read()
        .map(|found| found.unwrap().event)
        .collect()
        .await
}

#[tokio::test]
async fn what_the_handle_carries_arrives_through_every_path() {
    let app = open().await;
    let request = app.with_metadata(full());
    request.dispatch(deposit("dispatched", 1)).await.unwrap();
    request
        .dispatch_detached(deposit("detached", 1))
        .await
        .unwrap();
    for answer in request.dispatch_all([deposit("all", 1)]).await {
        answer.unwrap();
    }
    let payload = mink::serde_json::json!({"account_id": "json", "cents": 1});
    request.dispatch_json("Deposit", &payload).await.unwrap();
    let mut session = request.session::<Account>("session").await.unwrap();
    session.execute(deposit("session", 1)).await.unwrap();
    session.commit().await.unwrap();
    let event = || Deposited { cents: 1 };
    request
        .append::<Account>("append", ExpectedVersion::NoStream, event())
        .await
        .unwrap();
    let last = request
        .batch()
        .append::<Account>("batch", ExpectedVersion::NoStream, event())
        .unwrap()
        .commit()
        .await
        .unwrap();
    assert_eq!(last.streams.len(), 1);
    let receipt = request.dispatch(deposit("last", 1)).await.unwrap();
    app.wait_for(&receipt).await.unwrap();
    let events = stored(&app).await;
    assert_eq!(events.len(), 8);
    for event in events {
        assert_eq!(event.metadata, full(), "{}", event.stream);
    }
}

#[tokio::test]
async fn a_command_within_another_is_caused_by_it_and_carries_what_it_carries() {
    let app = open().await;
    app.dispatch(deposit("a", 100)).await.unwrap();
    let request = app.with_metadata(full());
    request.dispatch(transfer_of("a", "b", 60)).await.unwrap();
    let receipt = app.dispatch(withdraw("b", 60)).await.unwrap();
    app.wait_for(&receipt).await.unwrap();
    let events = stored(&app).await;
    let [first, out, into, last] = &*events else {
        panic!("{} events", events.len())
    };
    let caused = Metadata {
        causation_id: out.metadata.causation_id.clone(),
        ..full()
    };
    assert_eq!(out.metadata, caused);
    assert_eq!(into.metadata, caused);
    assert_ne!(caused.causation_id, full().causation_id);
    for outside in [first, last] {
        let metadata = &outside.metadata;
        assert_eq!(metadata.correlation_id, metadata.causation_id);
        assert_eq!(metadata.user_id, None);
    }
}

#[tokio::test]
async fn also_a_handle_from_outside_carries_what_the_command_being_handled_carries() {
    let outside = std::sync::Arc::new(Outside::default());
    let app = builder()
        .service::<Outside>(std::sync::Arc::clone(&outside))
        .open()
        .await
        .unwrap();
    let user = Metadata {
        user_id: Some("of the handle".to_owned()),
        ..Metadata::default()
    };
    assert!(outside.0.set(app.with_metadata(user)).is_ok());
    let account = "a".to_owned();
    let id = app
        .with_metadata(full())
        .dispatch(Relay { account })
        .await
        .unwrap();
    let receipt = app.dispatch(deposit("last", 1)).await.unwrap();
    app.wait_for(&receipt).await.unwrap();
    let caused = Metadata {
        causation_id: Some(id),
        user_id: Some("of the handle".to_owned()),
        ..full()
    };
    let events = stored(&app).await;
    assert_eq!(events.len(), 3);
    for event in &events[..2] {
        assert_eq!(event.metadata, caused, "{}", event.stream);
    }
}
