//! What is said of a command's effect when nobody waits for its answer any longer.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mink_runtime::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Decides, Evolver};
use mink_runtime::app::Mink;
use mink_runtime::bus::{CommandFault, DispatchOptions, Effect};
use mink_runtime::command::{Command, CommandContext, MissingService, Routed};
use mink_runtime::event::Event;
use mink_runtime::registry::{Location, Registry};
use mink_runtime::schema::{Shape, StructShape, TypeShape};
use mink_runtime::storage::Storage;
use support::{Fate, Scripted};
use tokio::sync::Semaphore;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Rung {}

impl Shape for Rung {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Rung",
        fields: &[],
    });
}

impl Event for Rung {
    const NAME: &'static str = "Rung";
}

#[derive(Clone)]
struct Ring;

impl Command for Ring {
    const NAME: &'static str = "Ring";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("1")
    }
}

#[derive(Default)]
struct Bell;

impl Aggregate for Bell {
    const NAME: &'static str = "Bell";
}

impl Applies<Rung> for Bell {
    fn apply(&mut self, _: &Rung) {}
}

impl Routed<Bell> for Ring {}

impl Decides<Ring> for Bell {
    type Decision = Rung;
    async fn decide(&self, _: Ring, _: &CommandContext) -> Result<Rung, MissingService> {
        Ok(Rung {})
    }
}

impl AggregateHandlers for Bell {
    const EVOLVERS: &'static [Evolver<Self>] = &[Evolver::of::<Rung>(Location::here())];
    const DECIDERS: &'static [Decider] =
        &[Decider::of::<Ring, Bell, Infallible>(&[], Location::here())];
}

/// A bell whose first commit waits for a permit, and then meets its fate.
async fn bell(fate: fn() -> Fate) -> (Mink, Arc<Scripted>, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&permits);
    let store = Scripted::new(move |number, _| {
        let held = Arc::clone(&held);
        async move {
            if number > 0 {
                return Fate::Done;
            }
            held.acquire().await.unwrap().forget();
            fate()
        }
        .boxed()
    });
    let registry = Registry::by_hand()
        .event::<Rung>()
        .command::<Ring>()
        .aggregate::<Bell>()
        .build();
    let app = Mink::builder()
        .shared_storage(Arc::clone(&store) as Arc<dyn Storage>)
        .registry(registry)
        .patience(Duration::ZERO)
        .open()
        .await
        .unwrap();
    (app, store, permits)
}

async fn submitted(store: &Scripted) {
    while store.batch_sizes().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn cancelling_does_not_disturb_a_commit_under_way() {
    let (app, store, permits) = bell(|| Fate::Done).await;
    let ringing = app.dispatch_detached(Ring);
    submitted(&store).await;
    assert_eq!(ringing.effect(), Effect::Unknown);
    ringing.cancel();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!ringing.is_finished());
    permits.add_permits(1);
    assert_eq!(ringing.await.unwrap().version(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_within_a_commit_says_that_the_outcome_is_unknown() {
    let (app, _, permits) = bell(|| Fate::Done).await;
    let options = DispatchOptions::new().within(Duration::from_secs(1));
    let late = app.dispatch_with(Ring, options).await.unwrap_err();
    assert!(
        matches!(
            late.fault(),
            Some(CommandFault::TimedOut {
                effect: Effect::Unknown,
                ..
            })
        ),
        "{late}"
    );
    assert!(late.is_outcome_unknown());
    assert!(!late.fault().unwrap().is_transient());
    permits.add_permits(1);
    let next = app.dispatch(Ring).await.unwrap();
    assert_eq!(next.version(), 2, "the first has happened after all");
}

#[tokio::test]
async fn a_commit_that_is_known_not_to_have_happened_leaves_no_doubt() {
    let (app, _, permits) = bell(|| Fate::Unavailable).await;
    permits.add_permits(1);
    let ringing = app.dispatch_detached(Ring);
    while !ringing.is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ringing.effect(), Effect::None);
    let refused = ringing.await.unwrap_err();
    assert!(!refused.is_outcome_unknown());
    assert!(refused.fault().unwrap().is_transient(), "{refused}");
}

#[tokio::test]
async fn a_lost_answer_leaves_the_doubt() {
    let (app, _, permits) = bell(|| Fate::LostOnTheWay).await;
    permits.add_permits(1);
    let unknown = app.dispatch(Ring).await.unwrap_err();
    assert!(unknown.is_outcome_unknown(), "{unknown}");
    assert!(!unknown.fault().unwrap().is_transient());
}
