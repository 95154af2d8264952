//! A bank account: open, deposit, withdraw with a rule.
use cqrs_es::event_sink::EventSink;
use cqrs_es::mem_store::MemStore;
use cqrs_es::{Aggregate, CqrsFramework, DomainEvent, EventStore};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: u64 },
    Withdrawn { amount: u64 },
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "Opened".to_string(),
            Self::Deposited { .. } => "Deposited".to_string(),
            Self::Withdrawn { .. } => "Withdrawn".to_string(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_string()
    }
}

pub enum AccountCommand {
    Open { owner: String },
    Deposit { amount: u64 },
    Withdraw { amount: u64 },
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("insufficient funds")]
pub struct InsufficientFunds;

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Account {
    balance: u64,
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = InsufficientFunds;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        _services: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let event = match command {
            AccountCommand::Open { owner } => AccountEvent::Opened { owner },
            AccountCommand::Deposit { amount } => AccountEvent::Deposited { amount },
            AccountCommand::Withdraw { amount } if amount > self.balance => {
                return Err(InsufficientFunds);
            }
            AccountCommand::Withdraw { amount } => AccountEvent::Withdrawn { amount },
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            AccountEvent::Opened { .. } => {}
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = MemStore::<Account>::default();
    let cqrs = CqrsFramework::new(store.clone(), vec![], ());
    let (id, owner) = ("7", "Ada".to_owned());
    cqrs.execute(id, AccountCommand::Open { owner }).await?;
    cqrs.execute(id, AccountCommand::Deposit { amount: 100 })
        .await?;
    cqrs.execute(id, AccountCommand::Withdraw { amount: 30 })
        .await?;
    let overdraw = AccountCommand::Withdraw { amount: 500 };
    if let Err(refused) = cqrs.execute(id, overdraw).await {
        println!("refused: {refused}");
    }
    let account = store.load_aggregate(id).await?.aggregate;
    println!("balance: {}", account.balance);
    Ok(())
}

#[test]
fn nobody_withdraws_more_than_there_is() {
    cqrs_es::test::TestFramework::<Account>::with(())
        .given(vec![AccountEvent::Deposited { amount: 10 }])
        .when(AccountCommand::Withdraw { amount: 11 })
        .then_expect_error(InsufficientFunds);
}
