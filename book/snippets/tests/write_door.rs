//! Everything that happens together is one value.
#![allow(clippy::unwrap_used, reason = "tests")]

use mink::id::{EventId, StreamId, TenantId};
use mink::storage::{Append, Commit, CommitError, ExpectedVersion, Format, Limits, NewEvent};

fn event(event_type: &'static str, payload: &'static str) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: event_type.into(),
        schema_version: 1,
        format: Format::Json,
        payload: payload.into(),
        metadata: Default::default(),
        recorded_at: Default::default(),
    }
}

fn one_order_and_its_stock() -> Commit {
    let tenant = TenantId::default();
    let order = StreamId::new("Order-1").unwrap();
    let stock = StreamId::new("Stock-tea").unwrap();
    let placed = event("OrderPlaced", r#"{"customer":"c-1"}"#);
    let reserved = event("StockReserved", r#"{"order":"1","quantity":2}"#);
    // ANCHOR: one_value
    Commit::new(vec![
        Append {
            tenant: tenant.clone(),
            stream: order,
            expected: ExpectedVersion::NoStream,
            events: vec![placed],
        },
        Append {
            tenant,
            stream: stock,
            expected: ExpectedVersion::Exact(7),
            events: vec![reserved],
        },
    ])
    // ANCHOR_END: one_value
}

#[test]
fn a_commit_holds_events_for_several_streams() {
    let commit = one_order_and_its_stock();
    assert_eq!(commit.event_count(), 2);
    commit.check(&Limits::default()).unwrap();
}

#[test]
fn a_commit_holds_each_stream_once() {
    let mut commit = one_order_and_its_stock();
    commit.appends[1].stream = commit.appends[0].stream.clone();
    let refused = commit.check(&Limits::default()).unwrap_err();
    assert!(matches!(refused, CommitError::StreamTwice { .. }));
}
