//! Accounts, and what is done with them from outside.

use std::sync::atomic::{AtomicU64, Ordering};

use mink::app::MinkBuilder;
use mink::prelude::*;
use tokio::sync::{Notify, Semaphore};

#[event]
pub(crate) struct Deposited {
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct Withdrawn {
    pub(crate) cents: u64,
}

#[command]
pub(crate) struct Deposit {
    pub(crate) account_id: String,
    pub(crate) cents: u64,
}

#[command]
pub(crate) struct Withdraw {
    pub(crate) account_id: String,
    pub(crate) cents: u64,
}

/// Answered with the balance before and after.
#[command]
pub(crate) struct Collect {
    pub(crate) account_id: String,
    pub(crate) cents: u64,
}

/// Decides when the gate lets it.
#[command]
pub(crate) struct DepositLater {
    pub(crate) account_id: String,
    pub(crate) cents: u64,
}

/// Deposits to the other account first, and then decides when the gate lets it.
#[command(id = "account_id")]
pub(crate) struct DepositToBoth {
    pub(crate) account_id: String,
    pub(crate) other_id: String,
    pub(crate) cents: u64,
}

/// Deposits through a handle from outside; answered with the command's id.
#[command]
pub(crate) struct Relay {
    pub(crate) account: String,
}

#[command(local)]
pub(crate) struct Secretly {
    pub(crate) account_id: String,
}

/// For no aggregate: between two of them.
#[command]
pub(crate) struct Transfer {
    pub(crate) from_id: String,
    pub(crate) to_id: String,
    pub(crate) cents: u64,
}

#[command]
pub(crate) struct Ping;

#[command]
pub(crate) struct CloseEverything {}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct NotEnough {
    pub(crate) missing: u64,
}

impl std::fmt::Display for NotEnough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cents are missing", self.missing)
    }
}

impl std::error::Error for NotEnough {}

/// An error that cannot be written.
#[derive(Debug, PartialEq)]
pub(crate) struct Never;

impl std::fmt::Display for Never {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("never secretly")
    }
}

impl std::error::Error for Never {}

#[derive(Debug, PartialEq, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Balance {
    pub(crate) before: u64,
    pub(crate) after: u64,
}

#[derive(Aggregate, Default)]
pub(crate) struct Account {
    pub(crate) cents: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }
    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, NotEnough> {
        match command.cents.checked_sub(self.cents) {
            None | Some(0) => Ok(Withdrawn {
                cents: command.cents,
            }),
            Some(missing) => Err(NotEnough { missing }),
        }
    }
    fn collect(&self, command: Collect) -> Result<Replying<Option<Withdrawn>, Balance>, NotEnough> {
        let Some(after) = self.cents.checked_sub(command.cents) else {
            let missing = command.cents - self.cents;
            return Err(NotEnough { missing });
        };
        let balance = Balance {
            before: self.cents,
            after,
        };
        let cents = command.cents;
        Ok(Replying(
            (cents > 0).then_some(Withdrawn { cents }),
            balance,
        ))
    }
    async fn deposit_later(&self, command: DepositLater, gate: &Gate) -> Deposited {
        gate.pass().await;
        Deposited {
            cents: command.cents,
        }
    }
    async fn deposit_to_both(
        &self,
        command: DepositToBoth,
        app: &Mink,
        gate: &Gate,
    ) -> Result<Deposited, TransferError> {
        let cents = command.cents;
        app.dispatch(deposit(&command.other_id, cents))
            .await
            .map_err(|error| TransferError::Failed(error.to_string()))?;
        gate.pass().await;
        Ok(Deposited { cents })
    }
    fn secretly(&self, _: Secretly) -> Result<(), Never> {
        Err(Never)
    }

    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum TransferError {
    NotEnough(NotEnough),
    Failed(String),
}

impl std::fmt::Display for TransferError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotEnough(error) => write!(f, "{error}"),
            Self::Failed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for TransferError {}

/// Loads, dispatches twice, and counts.
#[handler]
async fn transfer(
    command: Transfer,
    app: &Mink,
    transfers: &Transfers,
) -> Result<u64, TransferError> {
    let Transfer {
        from_id,
        to_id,
        cents,
    } = command;
    let failed = |error: String| TransferError::Failed(error);
    app.dispatch(Withdraw {
        account_id: from_id,
        cents,
    })
    .await
    .map_err(|error| match error {
        mink::bus::DispatchError::Rejected(error) => TransferError::NotEnough(error),
        mink::bus::DispatchError::Failed(fault) => failed(fault.to_string()),
    })?;
    app.dispatch(Deposit {
        account_id: to_id,
        cents,
    })
    .await
    .map_err(|error| failed(error.to_string()))?;
    Ok(transfers.0.fetch_add(1, Ordering::SeqCst) + 1)
}

/// A handle that knows nothing of the command.
#[derive(Default)]
pub(crate) struct Outside(pub(crate) std::sync::OnceLock<Mink>);

#[handler]
async fn relay(
    command: Relay,
    context: &CommandContext,
    outside: &Outside,
) -> Result<String, TransferError> {
    let app = outside.0.get().unwrap();
    app.dispatch(deposit(&command.account, 1))
        .await
        .map_err(|error| TransferError::Failed(error.to_string()))?;
    app.append::<Account>("appended", ExpectedVersion::Any, Deposited { cents: 1 })
        .await
        .map_err(|error| TransferError::Failed(error.to_string()))?;
    Ok(context.command_id.to_string())
}

#[handler]
fn pong(_: Ping, context: &CommandContext) {
    assert_eq!((context.version, &*context.aggregate_id), (0, ""));
}

#[handler]
async fn close_everything(_: CloseEverything, app: &Mink) -> Result<(), mink::bus::StillRunning> {
    app.close(std::time::Duration::from_secs(20)).await
}

#[derive(Default)]
pub(crate) struct Transfers(AtomicU64);

/// Holds handlers until a test lets them go, and tells when one has come.
pub(crate) struct Gate {
    pub(crate) arrived: Notify,
    open: Semaphore,
}

impl Gate {
    async fn pass(&self) {
        self.arrived.notify_one();
        self.open.acquire().await.unwrap().forget();
    }

    pub(crate) fn let_go(&self, handlers: usize) {
        self.open.add_permits(handlers);
    }
}

pub(crate) fn deposit(account: &str, cents: u64) -> Deposit {
    Deposit {
        account_id: account.to_owned(),
        cents,
    }
}

pub(crate) fn withdraw(account: &str, cents: u64) -> Withdraw {
    Withdraw {
        account_id: account.to_owned(),
        cents,
    }
}

pub(crate) fn later(account: &str, cents: u64) -> DepositLater {
    DepositLater {
        account_id: account.to_owned(),
        cents,
    }
}

pub(crate) fn transfer_of(from: &str, to: &str, cents: u64) -> Transfer {
    Transfer {
        from_id: from.to_owned(),
        to_id: to.to_owned(),
        cents,
    }
}

pub(crate) fn builder() -> MinkBuilder {
    Mink::builder()
        .url("memory://")
        .service(Transfers::default())
        .service(Outside::default())
        .service(Gate {
            arrived: Notify::new(),
            open: Semaphore::new(0),
        })
}

pub(crate) async fn open() -> Mink {
    builder().open().await.unwrap()
}

/// An application whose gate the test holds.
pub(crate) async fn open_with_gate() -> (Mink, std::sync::Arc<Gate>) {
    let gate = std::sync::Arc::new(Gate {
        arrived: Notify::new(),
        open: Semaphore::new(0),
    });
    let app = builder()
        .service::<Gate>(std::sync::Arc::clone(&gate))
        .open()
        .await
        .unwrap();
    (app, gate)
}

pub(crate) async fn balance(app: &Mink, account: &str) -> u64 {
    app.load::<Account>(account)
        .await
        .map_or(0, |account| account.cents)
}
