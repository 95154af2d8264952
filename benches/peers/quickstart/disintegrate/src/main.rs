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
    id: i64,
    owner: String,
}

impl Decision for OpenAccount {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = InsufficientFunds;

    fn state_query(&self) -> Self::StateQuery {
        Account::new(self.id)
    }

    fn process(&self, _state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![AccountEvent::Opened {
            account_id: self.id,
            owner: self.owner.clone(),
        }])
    }
}

pub struct Deposit {
    id: i64,
    amount: u64,
}

impl Decision for Deposit {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = InsufficientFunds;

    fn state_query(&self) -> Self::StateQuery {
        Account::new(self.id)
    }

    fn process(&self, _state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![AccountEvent::Deposited {
            account_id: self.id,
            amount: self.amount,
        }])
    }
}

pub struct Withdraw {
    id: i64,
    amount: u64,
}

impl Decision for Withdraw {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = InsufficientFunds;

    fn state_query(&self) -> Self::StateQuery {
        Account::new(self.id)
    }

    fn process(&self, state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        if self.amount > state.balance {
            return Err(InsufficientFunds);
        }
        Ok(vec![AccountEvent::Withdrawn {
            account_id: self.id,
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
    let (id, owner) = (7, "Ada".to_owned());
    bank.make(OpenAccount { id, owner }).await?;
    bank.make(Deposit { id, amount: 100 }).await?;
    bank.make(Withdraw { id, amount: 30 }).await?;
    if let Err(refused) = bank.make(Withdraw { id, amount: 500 }).await {
        println!("refused: {refused}");
    }
    let account = state_store.load(Account::new(id)).await?;
    println!("balance: {}", account.state().balance);
    Ok(())
}

#[test]
fn nobody_withdraws_more_than_there_is() {
    disintegrate::TestHarness::given([AccountEvent::Deposited {
        account_id: 7,
        amount: 10,
    }])
    .when(Withdraw { id: 7, amount: 11 })
    .then_err(InsufficientFunds);
}
