use mink::metadata::{Metadata, TraceContext};
use mink::prelude::*;

use super::{Account, Deposited, deposit};

const HERE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const GIVEN: &str = "00-1bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

fn trace(header: &str) -> Option<TraceContext> {
    TraceContext::parse(header, Some("vendor=a")).ok()
}

async fn open() -> Mink {
    Mink::builder()
        .url("memory://")
        .trace_context(|| trace(HERE))
        .open()
        .await
        .unwrap()
}

async fn traces(app: &Mink) -> Vec<Option<TraceContext>> {
    let page = app.feed().page().await.unwrap();
    let events = page.events.into_iter();
    events.map(|event| event.event.metadata.trace).collect()
}

#[tokio::test]
async fn events_carry_the_trace_they_were_decided_in_whichever_way_they_are_appended() {
    let app = open().await;
    app.dispatch(deposit("1", 1)).await.unwrap();
    let mut session = app.session::<Account>("2").await.unwrap();
    session.execute(deposit("2", 1)).await.unwrap();
    session.commit().await.unwrap();
    let any = ExpectedVersion::Any;
    app.append::<Account>("3", any, Deposited { cents: 1 })
        .await
        .unwrap();
    let batch = app
        .batch()
        .append::<Account>("4", any, Deposited { cents: 1 });
    batch.unwrap().commit().await.unwrap();
    let of_a_tenant = app.tenant("b").unwrap();
    of_a_tenant.dispatch(deposit("1", 1)).await.unwrap();
    assert_eq!(traces(&app).await, vec![trace(HERE); 4]);
    assert_eq!(traces(&of_a_tenant).await, vec![trace(HERE)]);
}

#[tokio::test]
async fn a_trace_that_is_given_goes_before_the_one_that_is_found() {
    let app = open().await;
    let metadata = Metadata {
        trace: trace(GIVEN),
        ..Metadata::default()
    };
    let given = app.with_metadata(metadata);
    given.dispatch(deposit("1", 1)).await.unwrap();
    app.dispatch(deposit("1", 1)).await.unwrap();
    assert_eq!(traces(&app).await, [trace(GIVEN), trace(HERE)]);
}

#[tokio::test]
async fn outside_of_every_trace_events_carry_none() {
    let builder = Mink::builder().url("memory://").trace_context(|| None);
    let app = builder.open().await.unwrap();
    app.dispatch(deposit("1", 1)).await.unwrap();
    assert_eq!(traces(&app).await, [None]);
}
