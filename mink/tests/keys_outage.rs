//! What becomes of a command with a key when the store fails at the key.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use mink::bus::{BusOptions, CommandFault, DispatchOptions};
use mink::prelude::*;
use support::{Fate, Scripted};

#[path = "../../mink-runtime/tests/support/mod.rs"]
mod support;

#[event]
struct Struck;

#[command(id = "bell")]
struct Strike {
    bell: String,
}

#[command]
struct Ring {}

/// How often somebody worked.
#[derive(Default)]
struct Worked(AtomicUsize);

#[derive(Aggregate, Default)]
struct Bell;

#[handlers]
impl Bell {
    fn strike(&self, _command: Strike, worked: &Worked) -> Struck {
        worked.0.fetch_add(1, Ordering::Relaxed);
        Struck
    }

    fn struck(&mut self, _event: &Struck) {}
}

#[handler]
async fn ring(_command: Ring, worked: &Worked) -> Result<usize, std::fmt::Error> {
    Ok(worked.0.fetch_add(1, Ordering::Relaxed) + 1)
}

fn keyed() -> DispatchOptions {
    DispatchOptions::new().idempotency_key("k")
}

async fn open(store: &Arc<Scripted>) -> (Mink, Arc<Worked>) {
    let worked = Arc::new(Worked::default());
    let app = Mink::builder()
        .shared_storage(store.clone())
        .service::<Worked>(worked.clone())
        .patience(Duration::from_secs(1))
        .open()
        .await
        .unwrap();
    (app, worked)
}

fn works() -> Arc<Scripted> {
    Scripted::new(|_, _| async { Fate::Done }.boxed())
}

#[tokio::test(start_paused = true)]
async fn a_function_whose_key_cannot_be_reserved_does_not_run() {
    let store = works();
    let (app, worked) = open(&store).await;
    store.keys_down.store(true, Ordering::Relaxed);
    let fault = app.dispatch_with(Ring {}, keyed()).await.unwrap_err();
    assert!(
        matches!(fault.fault(), Some(CommandFault::Key(_))),
        "{fault}"
    );
    assert!(!fault.is_outcome_unknown());
    assert_eq!(worked.0.load(Ordering::Relaxed), 0);

    store.keys_down.store(false, Ordering::Relaxed);
    assert_eq!(app.dispatch_with(Ring {}, keyed()).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_method_with_services_whose_key_cannot_be_looked_up_does_not_run() {
    let store = works();
    let (app, worked) = open(&store).await;
    store.keys_down.store(true, Ordering::Relaxed);
    let strike = || Strike {
        bell: "1".to_owned(),
    };
    let fault = app.dispatch_with(strike(), keyed()).await.unwrap_err();
    assert!(
        matches!(fault.fault(), Some(CommandFault::Key(_))),
        "{fault}"
    );
    assert_eq!(worked.0.load(Ordering::Relaxed), 0);

    store.keys_down.store(false, Ordering::Relaxed);
    let receipt = app.dispatch_with(strike(), keyed()).await.unwrap();
    assert_eq!(receipt.version(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_function_whose_answer_cannot_be_kept_says_that_it_had_begun_and_gives_the_key_back() {
    let down = Arc::new(AtomicBool::new(true));
    let store = Scripted::new({
        let down = down.clone();
        move |_, _| {
            let fate = if down.load(Ordering::Relaxed) {
                Fate::Unavailable
            } else {
                Fate::Done
            };
            std::future::ready(fate).boxed()
        }
    });
    let (app, worked) = open(&store).await;
    let fault = app.dispatch_with(Ring {}, keyed()).await.unwrap_err();
    assert!(
        matches!(fault.fault(), Some(CommandFault::Commit(_))),
        "{fault}"
    );
    assert_eq!(worked.0.load(Ordering::Relaxed), 1);

    // long before the hold would lapse
    down.store(false, Ordering::Relaxed);
    let again = tokio::time::timeout(
        BusOptions::default().hold_keys / 10,
        app.dispatch_with(Ring {}, keyed()),
    );
    assert_eq!(again.await.unwrap().unwrap(), 2);
    assert_eq!(app.dispatch_with(Ring {}, keyed()).await.unwrap(), 2);
}

#[test]
fn an_answer_is_kept_for_a_day_and_a_hold_for_much_less() {
    let BusOptions {
        keep_answers,
        hold_keys,
        ..
    } = BusOptions::default();
    assert_eq!(keep_answers, Duration::from_secs(24 * 60 * 60));
    assert!(hold_keys * 100 < keep_answers);
}
