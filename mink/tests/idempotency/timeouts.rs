//! A timeout cancels the wait, its error says whether the commit may have happened, and the copy with the same key
//! settles it.

use std::sync::Arc;
use std::time::Duration;

use mink::bus::{CommandFault, DispatchError, DispatchOptions, Effect};
use mink::prelude::*;

use crate::domain::{Collect, Gateway, balance, deposit, payment, withdraw};
use crate::place::Place;

promises! {
    on [sqlite, postgres]
    a_timeout_amid_the_commit_says_that_it_may_have_happened_and_the_copy_settles_it,
    a_timeout_amid_a_functions_commit_leaves_the_key_to_it,
    a_timeout_before_the_commit_says_that_nothing_was_written,
}

fn within(time: Duration) -> DispatchOptions {
    DispatchOptions::new().within(time)
}

fn timed_out<T, E: std::error::Error>(answer: Result<T, DispatchError<E>>) -> Effect {
    match answer {
        Err(DispatchError::Failed(fault @ CommandFault::TimedOut { effect, .. })) => {
            assert_eq!(fault.may_have_happened(), effect.may_have_happened());
            effect
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was answered"),
    }
}

async fn a_timeout_amid_the_commit_says_that_it_may_have_happened_and_the_copy_settles_it(
    at: Arc<Place>,
) {
    let (here, there) = (at.app().await, at.app().await);
    deposit(&here, 100).await;
    for n in 0..5 {
        let key = format!("r-{n}");
        let held_up = at.hold_up().await;
        let answer = here.dispatch_with(withdraw(&key, 10), within(Duration::from_millis(200)));
        assert_eq!(timed_out(answer.await), Effect::Unknown);
        held_up.let_go().await;
        let settled = there.dispatch(withdraw(&key, 10)).await.unwrap();
        let again = here.dispatch(withdraw(&key, 10)).await.unwrap();
        assert_eq!(again.event_ids(), settled.event_ids());
    }
    assert_eq!(balance(&there).await, 50);
}

async fn a_timeout_amid_a_functions_commit_leaves_the_key_to_it(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("p-1");
    let (here, there) = (at.open(&gateway).await, at.open(&gateway).await);
    let first = tokio::spawn(async move {
        here.dispatch_with(payment(), within(Duration::from_secs(3)))
            .await
    });
    gateway.called(1).await;
    let held_up = at.hold_up().await;
    gate.add_permits(1);
    assert_eq!(timed_out(first.await.unwrap()), Effect::Unknown);
    held_up.let_go().await;
    assert_eq!(there.dispatch(payment()).await.unwrap(), "p-1-1");
    assert_eq!(gateway.calls(), 1);
}

async fn a_timeout_before_the_commit_says_that_nothing_was_written(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let gate = gateway.hold_back("c");
    let app: Mink = at.open(&gateway).await;
    deposit(&app, 100).await;
    let collect = || Collect {
        account_id: "a".into(),
        request_id: "c".into(),
    };
    let answer = app.dispatch_with(collect(), within(Duration::from_millis(500)));
    assert_eq!(timed_out(answer.await), Effect::None);
    assert_eq!(balance(&app).await, 100);
    gate.add_permits(10);
    assert!(!app.dispatch(collect()).await.unwrap().is_replay());
    assert_eq!(balance(&app).await, 101);
}
