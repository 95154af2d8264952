//! Commands for functions, replies, and the ways to send.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use std::time::Duration;

use mink::bus::{DispatchOptions, JsonDispatchError};
use mink::prelude::*;
use mink::serde_json::json;

#[event]
pub struct Deposited {
    pub cents: u64,
}

#[event]
pub struct Withdrawn {
    pub cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{missing} cents are missing")]
pub struct NotEnough {
    pub missing: u64,
}

#[command]
pub struct Deposit {
    pub account_id: String,
    pub cents: u64,
}

// ANCHOR: reply
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Balance {
    pub before: u64,
    pub after: u64,
}

// ANCHOR_END: reply

#[command]
pub struct Withdraw {
    pub account_id: String,
    pub cents: u64,
}

#[derive(Aggregate, Default)]
pub struct Account {
    pub cents: u64,
}

#[handlers]
impl Account {
    // ANCHOR: replying
    fn withdraw(&self, command: Withdraw) -> Result<Replying<Withdrawn, Balance>, NotEnough> {
        let Some(after) = self.cents.checked_sub(command.cents) else {
            let missing = command.cents - self.cents;
            return Err(NotEnough { missing });
        };
        let balance = Balance {
            before: self.cents,
            after,
        };
        let cents = command.cents;
        Ok(Replying(Withdrawn { cents }, balance))
    }
    // ANCHOR_END: replying

    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
}

// ANCHOR: function
#[command]
pub struct Transfer {
    pub from: String,
    pub to: String,
    pub cents: u64,
}

#[handler]
async fn transfer(command: Transfer, app: &Mink) -> mink::Result<Balance> {
    let Transfer { from, to, cents } = command;
    let withdraw = Withdraw {
        account_id: from,
        cents,
    };
    let withdrawn = app.dispatch(withdraw).await?;
    let deposit = Deposit {
        account_id: to,
        cents,
    };
    app.dispatch(deposit).await?;
    Ok(withdrawn.into_reply())
}
// ANCHOR_END: function

// ANCHOR: local
#[command(local)]
pub struct CloseBooks;

#[handler]
fn close_books(_: CloseBooks) {}
// ANCHOR_END: local

fn deposit(account: &str, cents: u64) -> Deposit {
    Deposit {
        account_id: account.into(),
        cents,
    }
}

#[tokio::test]
async fn a_method_replies() -> mink::Result<()> {
    let app = Mink::open("memory://").await?;
    app.dispatch(deposit("a-1", 100)).await?;
    // ANCHOR: replied
    let withdraw = Withdraw {
        account_id: "a-1".into(),
        cents: 30,
    };
    let receipt = app.dispatch(withdraw).await?;
    assert_eq!(receipt.reply().after, 70);
    // ANCHOR_END: replied
    app.dispatch(CloseBooks).await?;
    Ok(())
}

#[test]
fn a_reply_is_tested() {
    // ANCHOR: then_reply
    Account::given(Deposited { cents: 100 })
        .when(Withdraw {
            account_id: "a-1".into(),
            cents: 30,
        })
        .then_reply(Balance {
            before: 100,
            after: 70,
        })
        .then(Withdrawn { cents: 30 });
    // ANCHOR_END: then_reply
}

#[tokio::test]
async fn a_function_is_dispatched_to() -> mink::Result<()> {
    let app = Mink::open("memory://").await?;
    app.dispatch(deposit("a-1", 100)).await?;
    // ANCHOR: transferred
    let transfer = Transfer {
        from: "a-1".into(),
        to: "a-2".into(),
        cents: 60,
    };
    let balance: Balance = app.dispatch(transfer).await?;
    assert_eq!(balance.after, 40);
    // ANCHOR_END: transferred
    assert_eq!(app.load::<Account>("a-2").await?.cents, 60);
    Ok(())
}

#[tokio::test]
async fn many_are_sent_at_once() -> mink::Result<()> {
    let app = Mink::open("memory://").await?;
    // ANCHOR: all
    let rows = [("a-1", 100), ("a-2", 50), ("a-1", 25)];
    let deposits = rows.map(|(account, cents)| deposit(account, cents));
    for ended in app.dispatch_all(deposits).await {
        ended?; // in the order of the rows
    }
    // ANCHOR_END: all
    assert_eq!(app.load::<Account>("a-1").await?.cents, 125);
    Ok(())
}

#[tokio::test]
async fn one_is_not_waited_for() -> mink::Result<()> {
    let app = Mink::open("memory://").await?;
    // ANCHOR: detached
    let sent = app.dispatch_detached(deposit("a-1", 100));
    // something else; then:
    let receipt = sent.await?;
    assert_eq!(receipt.version(), 1);
    // ANCHOR_END: detached
    Ok(())
}

#[tokio::test]
async fn one_is_waited_for_only_so_long() -> mink::Result<()> {
    let app = Mink::open("memory://").await?;
    // ANCHOR: within
    let options = DispatchOptions::new().within(Duration::from_secs(5));
    app.dispatch_with(deposit("a-1", 100), options).await?;
    // ANCHOR_END: within
    Ok(())
}

#[tokio::test]
async fn one_comes_by_name() {
    let app = Mink::open("memory://").await.unwrap();
    // ANCHOR: json
    let payload = json!({ "account_id": "a-1", "cents": 100 });
    let receipt = app.dispatch_json("Deposit", &payload).await.unwrap();
    assert_eq!((receipt.version, receipt.event_ids.len()), (Some(1), 1));

    let payload = json!({ "account_id": "a-1", "cents": 500 });
    let error = app.dispatch_json("Withdraw", &payload).await.unwrap_err();
    let JsonDispatchError::Rejected { message, error, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(message, "400 cents are missing");
    assert_eq!(error, Some(json!({ "missing": 400 })));
    // ANCHOR_END: json
    let error = app.dispatch_json("CloseBooks", &json!(null)).await;
    assert!(matches!(error, Err(JsonDispatchError::NotSent { .. })));
}
