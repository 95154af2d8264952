use super::domain::{Account, Balance, Collect, Deposited, NotEnough, Withdrawn, deposit, open};
use mink::prelude::*;

fn collect(cents: u64) -> Collect {
    Collect {
        account_id: "a".to_owned(),
        cents,
    }
}

#[tokio::test]
async fn a_method_replies_besides_its_events() {
    let app = open().await;
    app.dispatch(deposit("a", 100)).await.unwrap();
    let receipt = app.dispatch(collect(30)).await.unwrap();
    let balance = Balance {
        before: 100,
        after: 70,
    };
    assert_eq!(receipt.reply(), &balance);
    assert_eq!(receipt.event::<Withdrawn>().unwrap().cents, 30);
    assert_eq!(receipt.clone().into_reply(), balance);
    app.wait_for(&receipt).await.unwrap();
}

#[tokio::test]
async fn a_method_replies_also_when_nothing_happens() {
    let app = open().await;
    app.dispatch(deposit("a", 100)).await.unwrap();
    let receipt = app.dispatch(collect(0)).await.unwrap();
    assert_eq!((receipt.reply().after, receipt.version()), (100, 1));
    assert!(receipt.events().is_empty());
}

#[test]
fn a_fixture_checks_the_reply() {
    Account::given(Deposited { cents: 10 })
        .when(collect(4))
        .then_reply(Balance {
            before: 10,
            after: 6,
        })
        .then(Withdrawn { cents: 4 })
        .when(collect(7))
        .then_error(NotEnough { missing: 1 });
}

#[test]
#[should_panic(expected = "answered with another reply")]
fn a_fixture_fails_at_another_reply() {
    let _ = Account::given(Deposited { cents: 10 })
        .when(collect(4))
        .then_reply(Balance {
            before: 10,
            after: 7,
        });
}
