//! A bank account: open, deposit, withdraw with a rule.
use serde::{Deserialize, Serialize};
use sourcery::{Aggregate, Apply, DomainEvent, Handle, Repository, store::inmemory};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountOpened {
    pub owner: String,
}

impl DomainEvent for AccountOpened {
    const KIND: &'static str = "account.opened";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deposited {
    pub amount: u64,
}

impl DomainEvent for Deposited {
    const KIND: &'static str = "account.deposited";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub amount: u64,
}

impl DomainEvent for Withdrawn {
    const KIND: &'static str = "account.withdrawn";
}

pub struct OpenAccount {
    pub owner: String,
}

pub struct Deposit {
    pub amount: u64,
}

pub struct Withdraw {
    pub amount: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("insufficient funds")]
pub struct InsufficientFunds;

#[derive(Default, Aggregate)]
#[aggregate(
    id = String,
    error = InsufficientFunds,
    events(AccountOpened, Deposited, Withdrawn),
    derives(Debug)
)]
pub struct Account {
    balance: u64,
}

impl Apply<AccountOpened> for Account {
    fn apply(&mut self, _event: &AccountOpened) {}
}

impl Apply<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}

impl Apply<Withdrawn> for Account {
    fn apply(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }
}

impl Handle<OpenAccount> for Account {
    fn handle(&self, command: &OpenAccount) -> Result<Vec<Self::Event>, Self::Error> {
        let owner = command.owner.clone();
        Ok(vec![AccountOpened { owner }.into()])
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, &Deposit { amount }: &Deposit) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![Deposited { amount }.into()])
    }
}

impl Handle<Withdraw> for Account {
    fn handle(&self, &Withdraw { amount }: &Withdraw) -> Result<Vec<Self::Event>, Self::Error> {
        if amount > self.balance {
            return Err(InsufficientFunds);
        }
        Ok(vec![Withdrawn { amount }.into()])
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repository = Repository::new(inmemory::Store::new());
    let (id, owner) = ("7".to_owned(), "Ada".to_owned());
    repository
        .execute_command::<Account, _>(&id, &OpenAccount { owner }, &())
        .await?;
    repository
        .execute_command::<Account, _>(&id, &Deposit { amount: 100 }, &())
        .await?;
    repository
        .execute_command::<Account, _>(&id, &Withdraw { amount: 30 }, &())
        .await?;
    if let Err(refused) = repository
        .execute_command::<Account, _>(&id, &Withdraw { amount: 500 }, &())
        .await
    {
        println!("refused: {refused}");
    }
    println!(
        "balance: {}",
        repository.load::<Account>(&id).await?.balance
    );
    Ok(())
}

#[test]
fn nobody_withdraws_more_than_there_is() {
    sourcery::test::TestFramework::<Account>::given(&[Deposited { amount: 10 }.into()])
        .when(&Withdraw { amount: 11 })
        .then_expect_error_eq(&InsufficientFunds);
}
