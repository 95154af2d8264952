//! A bank account: open, deposit, withdraw with a rule.
use evento::metadata::Event;
use evento::{Executor, Fjall, Projection, ProjectionAggregate};

#[evento::aggregate]
pub enum BankAccount {
    AccountOpened { owner: String },
    Deposited { amount: u64 },
    Withdrawn { amount: u64 },
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("insufficient funds")]
pub struct InsufficientFunds;

#[evento::projection(id = id)]
#[evento::snapshot(none)]
pub struct Account {
    pub id: String,
    pub balance: u64,
}

#[evento::handler]
async fn on_opened(event: Event<AccountOpened>, row: &mut Account) -> anyhow::Result<()> {
    row.id = event.aggregate_id.to_owned();
    Ok(())
}

#[evento::handler]
async fn on_deposited(event: Event<Deposited>, row: &mut Account) -> anyhow::Result<()> {
    row.balance += event.data.amount;
    Ok(())
}

#[evento::handler]
async fn on_withdrawn(event: Event<Withdrawn>, row: &mut Account) -> anyhow::Result<()> {
    row.balance -= event.data.amount;
    Ok(())
}

pub struct Command<E: Executor>(pub E);

impl<E: Executor> Command<E> {
    pub async fn load(&self, id: &str) -> anyhow::Result<Account> {
        Projection::new::<BankAccount>()
            .handler(on_opened())
            .handler(on_deposited())
            .handler(on_withdrawn())
            .load(id)
            .execute(&self.0)
            .await?
            .ok_or_else(|| anyhow::anyhow!("account not found"))
    }

    pub async fn open_account(&self, owner: String) -> anyhow::Result<String> {
        let opened = AccountOpened { owner };
        Ok(evento::create().event(&opened).commit(&self.0).await?)
    }

    pub async fn deposit(&self, id: &str, amount: u64) -> anyhow::Result<()> {
        let account = self.load(id).await?;
        let deposited = Deposited { amount };
        account.write()?.event(&deposited).commit(&self.0).await?;
        Ok(())
    }

    pub async fn withdraw(&self, id: &str, amount: u64) -> anyhow::Result<()> {
        let account = self.load(id).await?;
        anyhow::ensure!(amount <= account.balance, InsufficientFunds);
        let withdrawn = Withdrawn { amount };
        account.write()?.event(&withdrawn).commit(&self.0).await?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let bank = Command(Fjall::temporary()?);
    let id = bank.open_account("Ada".to_owned()).await?;
    bank.deposit(&id, 100).await?;
    bank.withdraw(&id, 30).await?;
    if let Err(refused) = bank.withdraw(&id, 500).await {
        println!("refused: {refused}");
    }
    println!("balance: {}", bank.load(&id).await?.balance);
    Ok(())
}

#[tokio::test]
async fn nobody_withdraws_more_than_there_is() -> anyhow::Result<()> {
    let bank = Command(Fjall::temporary()?);
    let id = evento::create()
        .event(&AccountOpened::default())
        .event(&Deposited { amount: 10 })
        .commit(&bank.0)
        .await?;
    let refused = bank.withdraw(&id, 11).await.unwrap_err();
    assert_eq!(refused.downcast_ref(), Some(&InsufficientFunds));
    Ok(())
}
