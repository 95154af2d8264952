//! What an aggregate's handler sets in motion has happened, whatever becomes of its own dispatch.

use std::time::Duration;

use mink::app::MinkBuilder;
use mink::bus::layers::TimeoutLayer;
use mink::bus::{CommandFault, Effect};
use mink::prelude::*;

use super::domain::{Paid, Till, builder, cents, pay};

#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum By {
    Append,
    Batch,
    Session,
    Dispatch,
    Nothing,
}

const ALL: [By; 4] = [By::Append, By::Batch, By::Session, By::Dispatch];

#[command]
struct Skim {
    drawer_id: String,
    by: By,
    then_panic: bool,
}

#[event]
struct Skimmed {}

#[derive(Aggregate, Default)]
struct Drawer {}

#[handlers]
impl Drawer {
    async fn skim(&self, command: Skim, app: &Mink) -> Skimmed {
        let paid = Paid { cents: 1 };
        match command.by {
            By::Append => {
                app.append::<Till>("till", ExpectedVersion::Any, paid)
                    .await
                    .unwrap();
            }
            By::Batch => {
                let batch = app.batch();
                let batch = batch.append::<Till>("till", ExpectedVersion::Any, paid);
                batch.unwrap().commit().await.unwrap();
            }
            By::Session => {
                let mut session = app.session::<Till>("till").await.unwrap();
                session.execute(pay("till", 1)).await.unwrap();
                session.commit().await.unwrap();
            }
            By::Dispatch => {
                app.dispatch(pay("till", 1)).await.unwrap();
            }
            By::Nothing => {}
        }
        assert!(!command.then_panic, "as this test wants it");
        std::future::pending().await
    }

    fn skimmed(&mut self, _: &Skimmed) {}
}

fn skim(by: By, then_panic: bool) -> Skim {
    Skim {
        drawer_id: "1".to_owned(),
        by,
        then_panic,
    }
}

fn impatient() -> MinkBuilder {
    builder().layer_for::<Skim>(TimeoutLayer::new(Duration::from_secs(1)))
}

#[tokio::test(start_paused = true)]
async fn a_timeout_after_an_append_in_an_aggregates_handler_says_that_something_happened() {
    for by in ALL {
        let app = impatient().open().await.unwrap();
        let fault = app.dispatch(skim(by, false)).await.unwrap_err();
        assert_eq!(
            fault.to_string(),
            "no answer to `Skim` within 1s; its handler had begun, so it may have taken effect in part",
            "{by:?}"
        );
        assert!(fault.is_outcome_unknown(), "{by:?}");
        assert_eq!(cents(&app, "till").await, 1, "{by:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_without_one_says_that_nothing_did() {
    let app = impatient().open().await.unwrap();
    let fault = app.dispatch(skim(By::Nothing, false)).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "no answer to `Skim` within 1s; nothing was written"
    );
    assert!(!fault.is_outcome_unknown());
}

#[tokio::test]
async fn so_does_a_panic() {
    for by in ALL {
        let app = builder().open().await.unwrap();
        let fault = app.dispatch(skim(by, true)).await.unwrap_err();
        let Some(CommandFault::Panicked { effect, .. }) = fault.fault() else {
            panic!("{fault}");
        };
        assert_eq!(*effect, Effect::Begun, "{by:?}");
    }
}
