//! Commands that an aggregate decides.

use std::sync::Arc;

use mink::bus::{DispatchOptions, Receipt};

use crate::domain::{
    Account, Collect, Deposit, Gateway, NotEnough, Touch, Withdraw, WithdrawOnce, Withdrawn,
    balance, deposit, runs, withdraw,
};
use crate::place::Place;

promises! {
    on [memory, sqlite, postgres]
    a_command_that_comes_again_gets_the_first_receipt_whole,
    a_command_without_a_key_happens_each_time,
    copies_that_race_on_two_nodes_take_effect_once_and_get_equal_answers,
    a_method_is_called_once_for_the_copies_of_one_process_however_late_they_come,
    a_refusal_is_decided_anew_unless_it_is_to_be_replayed,
    a_refusal_on_what_a_copy_has_changed_gives_the_copys_answer,
    a_decision_to_do_nothing_is_kept_too,
    the_options_give_a_key_to_a_command_that_has_none,
    a_method_with_services_is_not_called_again_for_an_answered_key,
}

/// All that an answer says, but that it is a replay.
fn whole(receipt: &Receipt<Account, u64>) -> String {
    format!(
        "{} {} {} {:?} {:?} {}",
        receipt.tenant(),
        receipt.stream(),
        receipt.version(),
        receipt.event_ids(),
        receipt.event::<Withdrawn>().map(|event| event.cents),
        receipt.reply(),
    )
}

async fn a_command_that_comes_again_gets_the_first_receipt_whole(at: Arc<Place>) {
    let app = at.app().await;
    deposit(&app, 100).await;
    let first = app.dispatch(withdraw("r-1", 60)).await.unwrap();
    assert!(!first.is_replay());
    for app in [&app, &at.app().await] {
        let again = app.dispatch(withdraw("r-1", 60)).await.unwrap();
        assert!(again.is_replay());
        assert_eq!(whole(&again), whole(&first));
        assert_eq!(again.event::<Withdrawn>().unwrap().cents, 60);
    }
    assert_eq!(balance(&app).await, 40);
}

async fn a_command_without_a_key_happens_each_time(at: Arc<Place>) {
    let app = at.app().await;
    deposit(&app, 100).await;
    for _ in 0..2 {
        let command = Withdraw {
            request_id: None,
            ..withdraw("", 30)
        };
        app.dispatch(command).await.unwrap();
    }
    assert_eq!(balance(&app).await, 40);
}

async fn copies_that_race_on_two_nodes_take_effect_once_and_get_equal_answers(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    deposit(&here, 1000).await;
    let key = uuid::Uuid::new_v4().to_string();
    let copies: Vec<_> = (0..50)
        .map(|n| {
            let app = if n % 2 == 0 { &here } else { &there }.clone();
            let copy = withdraw(&key, 10);
            tokio::spawn(async move { app.dispatch(copy).await })
        })
        .collect();
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap().unwrap());
    }
    assert!(
        answers
            .iter()
            .all(|answer| whole(answer) == whole(&answers[0]))
    );
    assert_eq!(
        answers.iter().filter(|answer| !answer.is_replay()).count(),
        1
    );
    assert_eq!(balance(&here).await, 990);
    assert!(runs()[&key] <= 2, "once in each process");
}

async fn a_method_is_called_once_for_the_copies_of_one_process_however_late_they_come(
    at: Arc<Place>,
) {
    let app = at.app().await;
    deposit(&app, 1000).await;
    let key = uuid::Uuid::new_v4().to_string();
    let together = app
        .dispatch_all((0..10).map(|_| withdraw(&key, 10)))
        .await
        .into_iter()
        .map(Result::unwrap);
    let mut answers: Vec<_> = together.collect();
    for _ in 0..10 {
        answers.push(app.dispatch(withdraw(&key, 10)).await.unwrap());
    }
    assert!(
        answers
            .iter()
            .all(|answer| whole(answer) == whole(&answers[0]))
    );
    assert_eq!(runs()[&key], 1);
}

async fn a_refusal_is_decided_anew_unless_it_is_to_be_replayed(at: Arc<Place>) {
    let app = at.app().await;
    deposit(&app, 10).await;
    let once = || WithdrawOnce {
        account_id: "a".into(),
        request_id: 7,
        cents: 50,
    };
    let error = app.dispatch(withdraw("r", 50)).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&NotEnough { balance: 10 }));
    let error = app.dispatch(once()).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&NotEnough { balance: 10 }));
    deposit(&app, 90).await;
    app.dispatch(withdraw("r", 50)).await.unwrap();
    // kept as it was, though there is enough by now
    for app in [&app, &at.app().await] {
        let error = app.dispatch(once()).await.unwrap_err();
        assert_eq!(error.rejection(), Some(&NotEnough { balance: 10 }));
    }
    assert_eq!(balance(&app).await, 50);
}

async fn a_refusal_on_what_a_copy_has_changed_gives_the_copys_answer(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    deposit(&here, 50).await;
    let first = here.dispatch(withdraw("r", 50)).await.unwrap();
    // the account is empty now, and would refuse
    for app in [&here, &there] {
        let again = app.dispatch(withdraw("r", 50)).await.unwrap();
        assert!(again.is_replay());
        assert_eq!(whole(&again), whole(&first));
    }
}

async fn a_decision_to_do_nothing_is_kept_too(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    let touch = || Touch {
        account_id: "a".into(),
        request_id: "t".into(),
    };
    let first = here.dispatch(touch()).await.unwrap();
    assert!(!first.is_replay());
    // the version is that of then
    deposit(&here, 1).await;
    for app in [&here, &there] {
        let again = app.dispatch(touch()).await.unwrap();
        assert!(again.is_replay());
        assert_eq!(again.version(), first.version());
    }
}

async fn the_options_give_a_key_to_a_command_that_has_none(at: Arc<Place>) {
    let (here, there) = (at.app().await, at.app().await);
    let options = || DispatchOptions::new().idempotency_key("k");
    let five = || Deposit {
        account_id: "a".into(),
        cents: 5,
    };
    here.dispatch_with(five(), options()).await.unwrap();
    let again = there.dispatch_with(five(), options()).await.unwrap();
    assert!(again.is_replay());
    assert_eq!(balance(&here).await, 5);
}

async fn a_method_with_services_is_not_called_again_for_an_answered_key(at: Arc<Place>) {
    let gateway = Arc::new(Gateway::default());
    let (here, there) = (at.open(&gateway).await, at.open(&gateway).await);
    let collect = || Collect {
        account_id: "a".into(),
        request_id: "c".into(),
    };
    let first = here.dispatch(collect()).await.unwrap();
    let again = there.dispatch(collect()).await.unwrap();
    assert_eq!(again.event_ids(), first.event_ids());
    assert_eq!(gateway.calls(), 1);
}
