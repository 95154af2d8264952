//! A bank account: open, deposit, withdraw with a rule.
use disintegrate::serde::json::Json;
use disintegrate::{
    BoxDynError, Decision, DecisionMaker, Event, EventSourcedStateStore, LoadState, NoSnapshot,
    StateMutate, StateQuery,
};
use disintegrate_postgres::PgEventStore;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened {
        #[id]
        account_id: i64,
        owner: String,
    },
    Deposited {
        #[id]
        account_id: i64,
        amount: u64,
    },
    Withdrawn {
        #[id]
        account_id: i64,
        amount: u64,
    },
}

#[derive(Debug, Clone, Default, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
pub struct Account {
    #[id]
    account_id: i64,
    balance: u64,
}

impl Account {
    pub fn new(account_id: i64) -> Self {
        Self {
            account_id,
            balance: 0,
        }
    }
}

impl StateMutate for Account {
    fn mutate(&mut self, event: Self::Event) {
        match event {
            AccountEvent::Opened { .. } => {}
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
            AccountEvent::Withdrawn { amount, .. } => self.balance -= amount,
        }
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("insufficient funds")]
pub struct InsufficientFunds;

pub struct OpenAccount {
    account_id: i64,
    owner: String,
}

impl Decision for OpenAccount {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = InsufficientFunds;

    fn state_query(&self) -> Self::StateQuery {
        Account::new(self.account_id)
    }

    fn process(&self, _state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![AccountEvent::Opened {
            account_id: self.account_id,
            owner: self.owner.clone(),
        }])
    }
}

pub struct Deposit {
    account_id: i64,
    amount: u64,
}

impl Decision for Deposit {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = InsufficientFunds;

    fn state_query(&self) -> Self::StateQuery {
        Account::new(self.account_id)
    }

    fn process(&self, _state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![AccountEvent::Deposited {
            account_id: self.account_id,
            amount: self.amount,
        }])
    }
}

pub struct Withdraw {
    account_id: i64,
    amount: u64,
}

impl Decision for Withdraw {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = InsufficientFunds;

    fn state_query(&self) -> Self::StateQuery {
        Account::new(self.account_id)
    }

    fn process(&self, state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        if self.amount > state.balance {
            return Err(InsufficientFunds);
        }
        Ok(vec![AccountEvent::Withdrawn {
            account_id: self.account_id,
            amount: self.amount,
        }])
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxDynError> {
    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    let event_store = PgEventStore::try_new(pool, Json::<AccountEvent>::default()).await?;
    let state_store = EventSourcedStateStore::new(event_store, NoSnapshot);
    let bank = DecisionMaker::new(state_store.clone());
    let (account_id, owner) = (7, "Ada".to_owned());
    bank.make(OpenAccount { account_id, owner }).await?;
    let amount = 100;
    bank.make(Deposit { account_id, amount }).await?;
    let amount = 30;
    bank.make(Withdraw { account_id, amount }).await?;
    let amount = 500;
    if let Err(refused) = bank.make(Withdraw { account_id, amount }).await {
        println!("refused: {refused}");
    }
    let account = state_store.load(Account::new(account_id)).await?;
    println!("balance: {}", account.state().balance);
    Ok(())
}

#[test]
fn nobody_withdraws_more_than_there_is() {
    let (account_id, amount) = (7, 10);
    disintegrate::TestHarness::given([AccountEvent::Deposited { account_id, amount }])
        .when(Withdraw {
            account_id,
            amount: 11,
        })
        .then_err(InsufficientFunds);
}
