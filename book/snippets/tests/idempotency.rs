//! Commands that may come twice.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mink::bus::{CommandFault, DispatchOptions};
use mink::prelude::*;

#[event]
pub struct Withdrawn {
    pub cents: u64,
}

#[event]
pub struct Deposited {
    pub cents: u64,
}

// ANCHOR: command
#[command(id = "account_id", idempotency_key = "request_id")]
pub struct Withdraw {
    pub account_id: String,
    pub request_id: String,
    pub cents: u64,
}
// ANCHOR_END: command

// ANCHOR: refusals
#[command(id = "account_id", idempotency_key = "request_id", replay_errors)]
pub struct Transfer {
    pub account_id: String,
    pub request_id: Option<String>,
    pub cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("the balance is {balance}")]
pub struct NotEnough {
    pub balance: u64,
}
// ANCHOR_END: refusals

#[command(id = "account_id")]
pub struct Deposit {
    pub account_id: String,
    pub cents: u64,
}

#[derive(Aggregate, Default)]
pub struct Account {
    pub balance: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }
    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, NotEnough> {
        self.taken(command.cents)
    }
    fn transfer(&self, command: Transfer) -> Result<Withdrawn, NotEnough> {
        self.taken(command.cents)
    }
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.cents;
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.cents;
    }
    #[mink(skip)]
    fn taken(&self, cents: u64) -> Result<Withdrawn, NotEnough> {
        if cents > self.balance {
            return Err(NotEnough {
                balance: self.balance,
            });
        }
        Ok(Withdrawn { cents })
    }
}

// ANCHOR: handler
#[command(idempotency_key = "payment_id")]
pub struct Charge {
    pub payment_id: String,
    pub cents: u64,
}

#[handler]
async fn charge(command: Charge, gateway: &Gateway) -> Result<String, Declined> {
    gateway.charge(&command.payment_id, command.cents)
}
// ANCHOR_END: handler

#[derive(Debug, thiserror::Error)]
#[error("the card was declined")]
pub struct Declined;

#[derive(Default)]
pub struct Gateway {
    calls: AtomicU32,
}

impl Gateway {
    fn charge(&self, payment: &str, cents: u64) -> Result<String, Declined> {
        if cents == 0 {
            return Err(Declined);
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(format!("{payment}/{call}"))
    }
}

async fn an_account() -> Mink {
    let app = Mink::builder()
        .url("memory://")
        .service(Gateway::default())
        .open()
        .await
        .unwrap();
    let deposit = Deposit {
        account_id: "a-1".into(),
        cents: 100,
    };
    app.dispatch(deposit).await.unwrap();
    app
}

#[tokio::test]
async fn a_request_that_comes_twice_takes_effect_once() {
    let app = an_account().await;
    // ANCHOR: twice
    let withdraw = Withdraw {
        account_id: "a-1".into(),
        request_id: "r-17".into(),
        cents: 60,
    };
    let first = app.dispatch(withdraw.clone()).await.unwrap();
    let again = app.dispatch(withdraw).await.unwrap();
    assert!(again.is_replay());
    assert_eq!(again.event_ids(), first.event_ids());
    assert_eq!(app.load::<Account>("a-1").await.unwrap().balance, 40);
    // ANCHOR_END: twice
}

#[tokio::test]
async fn a_key_that_comes_with_the_options() {
    let app = an_account().await;
    // ANCHOR: options
    let deposit = Deposit {
        account_id: "a-1".into(),
        cents: 5,
    };
    let options = DispatchOptions::new()
        .idempotency_key("import 2026-11, line 4711")
        .keep_for(Duration::from_secs(30 * 24 * 3600));
    app.dispatch_with(deposit.clone(), options.clone())
        .await
        .unwrap();
    app.dispatch_with(deposit, options).await.unwrap();
    // ANCHOR_END: options
    assert_eq!(app.load::<Account>("a-1").await.unwrap().balance, 105);
}

#[tokio::test]
async fn another_payload_under_the_key_is_refused() {
    let app = an_account().await;
    let withdraw = |cents| Withdraw {
        account_id: "a-1".into(),
        request_id: "r-17".into(),
        cents,
    };
    app.dispatch(withdraw(1)).await.unwrap();
    // ANCHOR: reused
    let error = app.dispatch(withdraw(2)).await.unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::KeyReused { .. })
    ));
    // ANCHOR_END: reused
}

#[tokio::test]
async fn refusals_are_kept_where_the_command_says_so() {
    let app = an_account().await;
    let transfer = || Transfer {
        account_id: "a-1".into(),
        request_id: Some("t-1".into()),
        cents: 500,
    };
    let refused = app.dispatch(transfer()).await.unwrap_err();
    assert_eq!(refused.rejection(), Some(&NotEnough { balance: 100 }));
    let deposit = Deposit {
        account_id: "a-1".into(),
        cents: 900,
    };
    app.dispatch(deposit).await.unwrap();
    let again = app.dispatch(transfer()).await.unwrap_err();
    assert_eq!(again.rejection(), Some(&NotEnough { balance: 100 }));
}

#[tokio::test]
async fn a_charge_is_made_once() {
    let app = an_account().await;
    let charge = || Charge {
        payment_id: "p-1".into(),
        cents: 60,
    };
    assert_eq!(app.dispatch(charge()).await.unwrap(), "p-1/0");
    assert_eq!(app.dispatch(charge()).await.unwrap(), "p-1/0");
}
