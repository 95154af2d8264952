//! A bank account: open, deposit, withdraw with a rule.
#![allow(missing_docs, unreachable_pub, reason = "the book says it")]
#![allow(clippy::print_stdout, reason = "it is a program")]
// ANCHOR: imports
use mink::prelude::*;
// ANCHOR_END: imports

// ANCHOR: events
#[event]
pub struct AccountOpened {
    pub owner: String,
}

#[event]
pub struct Deposited {
    pub amount: u64,
}

#[event]
pub struct Withdrawn {
    pub amount: u64,
}
// ANCHOR_END: events

// ANCHOR: commands
#[command]
pub struct OpenAccount {
    pub id: u64,
    pub owner: String,
}

#[command]
pub struct Deposit {
    pub id: u64,
    pub amount: u64,
}

#[command]
pub struct Withdraw {
    pub id: u64,
    pub amount: u64,
}
// ANCHOR_END: commands

// ANCHOR: state
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("insufficient funds")]
pub struct InsufficientFunds;

#[derive(Aggregate, Default)]
pub struct Account {
    balance: u64,
}
// ANCHOR_END: state

// ANCHOR: handlers
#[handlers]
impl Account {
    fn open(&self, command: OpenAccount) -> AccountOpened {
        AccountOpened {
            owner: command.owner,
        }
    }
    fn deposit(&self, Deposit { amount, .. }: Deposit) -> Deposited {
        Deposited { amount }
    }
    fn withdraw(&self, Withdraw { amount, .. }: Withdraw) -> Result<Withdrawn, InsufficientFunds> {
        if amount > self.balance {
            return Err(InsufficientFunds);
        }
        Ok(Withdrawn { amount })
    }

    fn opened(&mut self, _: &AccountOpened) {}
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }
}
// ANCHOR_END: handlers

// ANCHOR: main
#[tokio::main]
async fn main() -> mink::Result<()> {
    let app = Mink::open("sqlite::memory:").await?;
    let (id, owner) = (7, "Ada".to_owned());
    app.dispatch(OpenAccount { id, owner }).await?;
    app.dispatch(Deposit { id, amount: 100 }).await?;
    app.dispatch(Withdraw { id, amount: 30 }).await?;
    if let Err(refused) = app.dispatch(Withdraw { id, amount: 500 }).await {
        println!("refused: {refused}");
    }
    println!("balance: {}", app.load::<Account>(id).await?.balance);
    app.shutdown().await
}
// ANCHOR_END: main

// ANCHOR: test
#[test]
fn nobody_withdraws_more_than_there_is() {
    Account::given(Deposited { amount: 10 })
        .when(Withdraw { id: 7, amount: 11 })
        .then_error(InsufficientFunds);
}
// ANCHOR_END: test
