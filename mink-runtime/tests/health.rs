//! Health and readiness.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mink_runtime::app::{HealthStatus, Mink, NotReady, Readiness};
use mink_runtime::event::Event;
use mink_runtime::registry::Registry;
use mink_runtime::schema::{Shape, StructShape, TypeShape};
use mink_runtime::storage::{
    FeedLag, GroupCommit, GroupLoad, GroupOptions, MemoryStore, Storage, StorageError, StoreHealth,
};
use support::{Fate, Scripted, commit};
use tokio::sync::Semaphore;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Happened {}

impl Event for Happened {
    const NAME: &'static str = "Happened";
}

impl Shape for Happened {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Happened",
        fields: &[],
    });
}

async fn app(storage: impl Storage) -> Mink {
    let registry = Registry::by_hand().event::<Happened>().build();
    let builder = Mink::builder().registry(registry).storage(storage);
    builder.open().await.unwrap()
}

#[tokio::test]
async fn an_application_that_works_is_up_and_ready() {
    let store = MemoryStore::new();
    store.commit(&[commit("S-1", 3)]).await;
    let app = app(store).await;
    let health = app.health().await;
    assert_eq!(health.status, HealthStatus::Up);
    assert_eq!(health.of_store.head.unwrap().0, 3);
    assert_eq!(
        health.to_string(),
        "up: memory answers, feed at 3; 0 commands under way; commits: 0 under way, 0 waiting, 0 set aside"
    );
    assert_eq!(app.ready().await, Readiness::Ready);
    assert_eq!(app.ready().await.to_string(), "ready");
}

#[tokio::test]
async fn an_application_that_is_shut_down_says_so() {
    let app = app(MemoryStore::new()).await;
    app.clone().shutdown().await.unwrap();
    let health = app.health().await;
    assert_eq!(health.status, HealthStatus::Down);
    assert!(health.closing);
    assert_eq!(health.of_store.fault.as_ref().unwrap().kind, "closed");
    let reason = NotReady::Closing;
    assert_eq!(app.ready().await, Readiness::NotReady { reason });
}

#[tokio::test]
async fn a_store_that_was_closed_by_another_hand_is_told_apart_from_closing() {
    let store = MemoryStore::new();
    let app = app(store.clone()).await;
    store.close().await;
    assert!(!app.health().await.closing);
    let text = app.ready().await.to_string();
    assert_eq!(text, "not ready: closed: the store is closed");
}

#[tokio::test]
async fn health_is_written_as_json_for_programs_that_watch() {
    let app = app(MemoryStore::new()).await;
    let mut health = app.health().await;
    health.took = Duration::from_micros(1500);
    health.of_store.lag = Some(FeedLag {
        events: 2,
        more: false,
        oldest: Duration::from_millis(30),
    });
    assert_eq!(
        serde_json::to_value(&health).unwrap(),
        serde_json::json!({
            "status": "up",
            "closing": false,
            "commands": 0,
            "commits": { "waiting": 0, "committing": 0, "aside": 0, "closed": false },
            "store": "memory",
            "store_health": {
                "head": 0,
                "lag": { "events": 2, "more": false, "oldest_ms": 30.0 },
            },
            "took_ms": 1.5,
        })
    );
    app.clone().shutdown().await.unwrap();
    assert_eq!(
        serde_json::to_value(app.ready().await).unwrap(),
        serde_json::json!({ "readiness": "not_ready", "reason": "closing" })
    );
    let down = StoreHealth::failed(&StorageError::StorageFull);
    assert_eq!(
        serde_json::to_value(down).unwrap()["fault"]["kind"],
        "storage_full"
    );
}

#[tokio::test]
async fn what_waits_and_what_is_under_way_is_counted() {
    let gate = Arc::new(Semaphore::new(0));
    let opener = Arc::clone(&gate);
    let store = Scripted::new(move |_, _| {
        let gate = Arc::clone(&opener);
        async move {
            gate.acquire().await.unwrap().forget();
            Fate::Done
        }
        .boxed()
    });
    let group = GroupCommit::new(store.clone() as Arc<dyn Storage>, GroupOptions::default());
    let submit = |stream: &'static str| {
        let group = group.clone();
        tokio::spawn(async move { group.submit(commit(stream, 1)).await.unwrap() })
    };
    let first = submit("S-1");
    while store.batch_sizes().is_empty() {
        tokio::task::yield_now().await;
    }
    let others = [submit("S-2"), submit("S-3")];
    while group.load().waiting < 2 {
        tokio::task::yield_now().await;
    }
    let load = GroupLoad {
        waiting: 2,
        committing: 1,
        ..GroupLoad::default()
    };
    assert_eq!(group.load(), load);
    gate.add_permits(1);
    first.await.unwrap();
    while group.load().committing < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(group.load().waiting, 0);
    gate.add_permits(1);
    for other in others {
        other.await.unwrap();
    }
    group.close().await;
    let load = GroupLoad {
        closed: true,
        ..GroupLoad::default()
    };
    assert_eq!(group.load(), load);
}
