//! Copies of one process take turns at their key, and commands at their aggregate. Nobody waits in a circle.

use std::sync::Arc;
use std::time::Duration;

use mink::prelude::*;

use crate::domain::{Collect, Gateway, balance, deposit};
use crate::place::Place;

fn collect(key: &str) -> Collect {
    Collect {
        account_id: "a".into(),
        request_id: key.into(),
    }
}

/// Lets every other task go as far as it can.
async fn everybody_waits() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_copy_that_waits_for_its_key_keeps_nobody_from_the_aggregate() {
    let at = Place::memory();
    let gateway = Arc::new(Gateway::default());
    let gates = [gateway.hold_back("busy"), gateway.hold_back("key")];
    let uncached = at.builder(&gateway).await.cached_aggregates(0);
    let app = uncached.open().await.unwrap();
    let dispatch = |key: &'static str| {
        let app: Mink = app.clone();
        tokio::spawn(async move { app.dispatch(collect(key)).await })
    };
    // both decide on the empty account, and another node is first
    let (busy, first) = (dispatch("busy"), dispatch("key"));
    gateway.called(2).await;
    deposit(&at.app().await, 100).await;
    // meets the conflict, takes its turn at the account, and decides anew
    gates[0].add_permits(1);
    gateway.called(3).await;
    let copy = dispatch("key");
    everybody_waits().await;
    gates[0].add_permits(1);
    everybody_waits().await;
    gates[1].add_permits(2);
    let all = async {
        busy.await.unwrap().unwrap();
        let first = first.await.unwrap().unwrap();
        let copy = copy.await.unwrap().unwrap();
        assert_eq!(first.event_ids(), copy.event_ids());
    };
    tokio::time::timeout(Duration::from_secs(10), all)
        .await
        .expect("they wait for each other");
    assert_eq!(balance(&app).await, 102);
}
