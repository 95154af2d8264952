use super::domain::{NotEnough, balance, builder, deposit, later, open, open_with_gate, withdraw};
use mink::bus::BusOptions;

#[tokio::test]
async fn each_command_has_its_own_answer_in_the_order_of_the_input() {
    let app = open().await;
    app.dispatch(deposit("a", 100)).await.unwrap();
    let answers = app
        .dispatch_all([
            withdraw("a", 60),
            withdraw("b", 1),
            withdraw("a", 60),
            withdraw("a", 40),
        ])
        .await;
    let refusals: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().err().and_then(|error| error.rejection()))
        .collect();
    let missing = |missing| NotEnough { missing };
    assert_eq!(
        refusals,
        [None, Some(&missing(1)), Some(&missing(20)), None]
    );
    assert_eq!(balance(&app, "a").await, 0);
}

#[tokio::test]
async fn commands_for_one_aggregate_are_handled_in_their_order() {
    let app = open().await;
    let accounts = ["a", "b", "c"];
    let commands = (0..90).map(|place| deposit(accounts[place % 3], place as u64));
    let answers = app.dispatch_all(commands).await;
    for (place, answer) in answers.into_iter().enumerate() {
        let receipt = answer.unwrap();
        assert_eq!(receipt.version(), place as u64 / 3 + 1);
    }
}

#[tokio::test]
async fn several_run_at_the_same_time() {
    let (app, gate) = open_with_gate().await;
    let all = tokio::spawn({
        let app = app.clone();
        async move { app.dispatch_all([later("a", 1), later("b", 1)]).await }
    });
    // neither ends before both have come
    gate.arrived.notified().await;
    gate.let_go(2);
    for answer in all.await.unwrap() {
        answer.unwrap();
    }
}

#[tokio::test]
async fn a_bound_of_nothing_is_taken_for_one() {
    let options = BusOptions {
        concurrency: 0,
        ..BusOptions::default()
    };
    let app = builder().bus_options(options).open().await.unwrap();
    assert_eq!(app.dispatch_all([deposit("a", 1)]).await.len(), 1);
}
