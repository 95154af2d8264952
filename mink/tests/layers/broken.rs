use std::fmt;
use std::sync::LazyLock;

use mink::bus::{CommandFault, DispatchError, Effect, JsonDispatchError};
use mink::prelude::*;

use super::domain::{Jam, PayEverywhere, Then, Till, builder, cents, pay};

/// An id whose text may not be had.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Badge {
    Works,
    Panics,
    Fails,
}

impl fmt::Display for Badge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works => f.write_str("works"),
            Self::Panics => panic!("the badge of ada@example.org"),
            Self::Fails => Err(fmt::Error),
        }
    }
}

#[event]
struct Entered;

#[command]
struct Enter {
    id: Badge,
}

#[derive(Aggregate, Default)]
struct Door;

#[handlers]
impl Door {
    fn enter(&self, _: Enter) -> Entered {
        Entered
    }
    fn entered(&mut self, _: &Entered) {}
}

fn assert_panicked(fault: &CommandFault) {
    let is_panic = matches!(
        fault,
        CommandFault::Panicked {
            command: "Enter",
            effect: Effect::None
        }
    );
    assert!(is_panic, "{fault}");
    assert!(!format!("{fault} {fault:?}").contains("ada"));
}

fn assert_failed<T, E: std::error::Error>(answer: Result<T, DispatchError<E>>) {
    match answer {
        Err(DispatchError::Failed(fault)) => assert_panicked(&fault),
        Err(refusal) => panic!("{refusal}"),
        Ok(_) => panic!("it has no id"),
    }
}

#[tokio::test]
async fn an_id_whose_text_panics_or_fails_is_a_fault_on_every_way() {
    // while there is only one subscriber, the thread of another test decides whether a span is seen
    static KEPT: LazyLock<[tracing::Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing_subscriber::registry())));
    LazyLock::force(&KEPT);
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry());
    let app = builder().open().await.unwrap();
    for id in [Badge::Panics, Badge::Fails] {
        let enter = || Enter { id: id.clone() };
        assert_failed(app.dispatch(enter()).await);
        assert_failed(app.dispatch_detached(enter()).await);
        let works = Enter { id: Badge::Works };
        let answers = app.dispatch_all([enter(), works, enter()]).await;
        let [first, second, third] = <[_; 3]>::try_from(answers).unwrap();
        second.unwrap();
        assert_failed(first);
        assert_failed(third);
        let payload = mink::serde_json::json!({ "id": id });
        match app.dispatch_json("Enter", &payload).await.unwrap_err() {
            JsonDispatchError::Failed(fault) => assert_panicked(&fault),
            other => panic!("{other}"),
        }
    }
    assert_eq!(app.load::<Door>("works").await.unwrap().version(), 2);
}

fn jam() -> Jam {
    Jam {
        till_id: "1".to_owned(),
    }
}

#[tokio::test]
async fn a_panic_in_an_evolve_method_fails_that_command_and_no_other() {
    let app = builder().open().await.unwrap();
    app.dispatch(pay("1", 4711)).await.unwrap();
    let receipt = app.dispatch(jam()).await.unwrap();
    assert_eq!(
        receipt.version(),
        2,
        "the event is stored; whoever loads it breaks"
    );
    // with a turn at the aggregate that is never given back the second one would wait for ever
    for _ in 0..3 {
        let broken = app.dispatch(pay("1", 1)).await.unwrap_err();
        assert!(
            matches!(
                broken.fault(),
                Some(CommandFault::Panicked { command: "Pay", .. })
            ),
            "{broken}"
        );
        assert!(!format!("{broken} {broken:?}").contains("4711"));
    }
    app.dispatch(pay("2", 5)).await.unwrap();
    assert_eq!(cents(&app, "2").await, 5);
    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn without_panic_recovery_a_panic_reaches_whoever_dispatched_the_command() {
    let app = builder().bare_stack().open().await.unwrap();
    let broken = tokio::spawn({
        let app = app.clone();
        async move {
            app.dispatch(PayEverywhere { then: Then::Panic })
                .await
                .is_ok()
        }
    });
    assert!(broken.await.unwrap_err().is_panic());
    app.dispatch(pay("1", 5)).await.unwrap();
    assert_eq!(app.load::<Till>("1").await.unwrap().cents, 5);
}
