//! Handlers that do what they should not.

use std::sync::OnceLock;
use std::time::Duration;

use mink::bus::{BusOptions, CommandFault};
use mink::prelude::*;

#[event]
struct Counted;

#[command]
struct Count {
    id: String,
}

#[command]
struct CountTwice {
    id: String,
}

#[command]
struct Fail {
    id: String,
}

#[command]
struct Wait {
    id: String,
}

/// The way back into the application.
#[derive(Default)]
pub(crate) struct Outside {
    app: OnceLock<Mink>,
}

#[derive(Aggregate, Default)]
struct Counter {
    count: u32,
}

#[handlers]
impl Counter {
    fn count(&self, _command: Count) -> Counted {
        Counted
    }
    async fn count_twice(&self, command: CountTwice, outside: &Outside) -> Counted {
        let app = outside.app.get().unwrap();
        app.dispatch(Count { id: command.id }).await.unwrap();
        Counted
    }
    async fn fail(&self, _command: Fail) -> Counted {
        tokio::task::yield_now().await;
        panic!("as this test wants it")
    }
    async fn wait(&self, _command: Wait) -> Counted {
        std::future::pending().await
    }
    fn counted(&mut self, _event: &Counted) {
        self.count += 1;
    }
}

fn id() -> String {
    "c".to_owned()
}

#[tokio::test]
async fn a_handler_that_dispatches_to_its_own_aggregate_conflicts_and_does_not_hang() {
    let outside = std::sync::Arc::new(Outside::default());
    let app = Mink::builder()
        .url("memory://")
        .service::<Outside>(outside.clone())
        .bus_options(BusOptions {
            conflict_retries: 2,
            ..BusOptions::default()
        })
        .open()
        .await
        .unwrap();
    outside.app.set(app.clone()).unwrap();
    let both = tokio::time::timeout(
        Duration::from_secs(20),
        app.dispatch(CountTwice { id: id() }),
    );
    let error = both.await.unwrap().unwrap_err();
    assert!(
        matches!(error.fault(), Some(mink::bus::CommandFault::Contended(_))),
        "{error}"
    );
}

#[tokio::test]
async fn a_handler_that_panics_or_is_given_up_leaves_the_aggregate_usable() {
    let app = Mink::builder()
        .url("memory://")
        .service(Outside::default())
        .open()
        .await
        .unwrap();
    let failed = app.dispatch(Fail { id: id() }).await.unwrap_err();
    assert!(
        matches!(failed.fault(), Some(CommandFault::Panicked { .. })),
        "{failed}"
    );
    let waiting = app.dispatch(Wait { id: id() });
    let given_up = tokio::time::timeout(Duration::from_millis(5), waiting).await;
    assert!(given_up.is_err());
    app.dispatch(Count { id: id() }).await.unwrap();
    assert_eq!(app.load::<Counter>(id()).await.unwrap().count, 1);
    app.shutdown().await.unwrap();
}
