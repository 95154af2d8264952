use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mink::aggregate::Replying;
use mink::prelude::*;
use tokio::sync::Semaphore;

#[event]
pub(crate) struct Withdrawn {
    pub(crate) cents: u64,
}

#[event]
pub(crate) struct Deposited {
    pub(crate) cents: u64,
}

#[command(id = "account_id", idempotency_key = "request_id")]
pub(crate) struct Withdraw {
    pub(crate) account_id: String,
    pub(crate) request_id: Option<String>,
    pub(crate) cents: u64,
}

#[command(id = "account_id", idempotency_key = "request_id", replay_errors)]
pub(crate) struct WithdrawOnce {
    pub(crate) account_id: String,
    pub(crate) request_id: u64,
    pub(crate) cents: u64,
}

#[command(id = "account_id")]
pub(crate) struct Deposit {
    pub(crate) account_id: String,
    pub(crate) cents: u64,
}

/// Its method takes a service.
#[command(id = "account_id", idempotency_key = "request_id")]
pub(crate) struct Collect {
    pub(crate) account_id: String,
    pub(crate) request_id: String,
}

#[command(id = "account_id", idempotency_key = "request_id")]
pub(crate) struct Touch {
    pub(crate) account_id: String,
    pub(crate) request_id: String,
}

#[command(id = "account_id", local)]
pub(crate) struct Peek {
    pub(crate) account_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, mink::serde::Serialize, mink::serde::Deserialize)]
#[serde(crate = "mink::serde")]
pub(crate) struct NotEnough {
    pub(crate) balance: u64,
}

impl std::fmt::Display for NotEnough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the balance is {}", self.balance)
    }
}

impl std::error::Error for NotEnough {}

#[derive(Aggregate, Default)]
pub(crate) struct Account {
    pub(crate) balance: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }

    fn withdraw(&self, command: Withdraw) -> Result<Replying<Withdrawn, u64>, NotEnough> {
        if let Some(key) = &command.request_id {
            *runs().entry(key.clone()).or_default() += 1;
        }
        let withdrawn = self.take(command.cents)?;
        Ok(Replying(withdrawn, self.balance - command.cents))
    }

    fn withdraw_once(&self, command: WithdrawOnce) -> Result<Withdrawn, NotEnough> {
        self.take(command.cents)
    }

    async fn collect(&self, command: Collect, gateway: &Gateway) -> Deposited {
        gateway.calls.fetch_add(1, Ordering::SeqCst);
        gateway.wait(&command.request_id).await;
        Deposited { cents: 1 }
    }

    fn touch(&self, _: Touch) {}

    fn peek(&self, _: Peek) {}

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.cents;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.cents;
    }

    #[mink(skip)]
    fn take(&self, cents: u64) -> Result<Withdrawn, NotEnough> {
        if cents > self.balance {
            return Err(NotEnough {
                balance: self.balance,
            });
        }
        Ok(Withdrawn { cents })
    }
}

static RUNS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// How often `withdraw` was called, by key.
pub(crate) fn runs() -> std::sync::MutexGuard<'static, BTreeMap<String, usize>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What happens outside, and how often.
#[derive(Default)]
pub(crate) struct Gateway {
    /// Begins every reply.
    pub(crate) name: &'static str,
    pub(crate) calls: AtomicUsize,
    /// Refuses as many calls.
    pub(crate) refuses: AtomicUsize,
    /// Panics at the next call.
    pub(crate) panics: AtomicBool,
    /// Calls stop here with their thread, as in a process that is paused, while somebody else has this.
    pub(crate) pause: Mutex<()>,
    /// Calls that are held back, by key: each needs a permit to go on.
    pub(crate) gates: Mutex<BTreeMap<String, std::sync::Arc<Semaphore>>>,
}

impl Gateway {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Holds back the calls with this key.
    pub(crate) fn hold_back(&self, key: &str) -> std::sync::Arc<Semaphore> {
        let gate = std::sync::Arc::new(Semaphore::new(0));
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.insert(key.to_owned(), std::sync::Arc::clone(&gate));
        gate
    }

    /// Waits until it was called so often.
    pub(crate) async fn called(&self, times: usize) {
        while self.calls() < times {
            tokio::task::yield_now().await;
        }
    }

    async fn wait(&self, key: &str) {
        let gate = {
            let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            gates.get(key).cloned()
        };
        if let Some(gate) = gate
            && let Ok(permit) = gate.acquire().await
        {
            permit.forget();
        }
    }
}

#[command(idempotency_key = "payment")]
pub(crate) struct Pay {
    pub(crate) payment: String,
    pub(crate) cents: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

#[handler]
async fn pay(command: Pay, gateway: &Gateway) -> Result<String, Declined> {
    let call = gateway.calls.fetch_add(1, Ordering::SeqCst) + 1;
    if gateway.panics.swap(false, Ordering::SeqCst) {
        panic!("the gateway is on fire");
    }
    tokio::task::block_in_place(|| {
        drop(gateway.pause.lock().unwrap_or_else(PoisonError::into_inner));
    });
    gateway.wait(&command.payment).await;
    let refuses = gateway.refuses.load(Ordering::SeqCst);
    if refuses > 0 {
        gateway.refuses.store(refuses - 1, Ordering::SeqCst);
        return Err(Declined);
    }
    Ok(format!("{}{}-{call}", gateway.name, command.payment))
}

pub(crate) async fn deposit(app: &Mink, cents: u64) {
    let deposit = Deposit {
        account_id: "a".into(),
        cents,
    };
    app.dispatch(deposit).await.unwrap();
}

pub(crate) fn withdraw(key: &str, cents: u64) -> Withdraw {
    Withdraw {
        account_id: "a".into(),
        request_id: Some(key.into()),
        cents,
    }
}

pub(crate) fn payment() -> Pay {
    Pay {
        payment: "p-1".into(),
        cents: 100,
    }
}

pub(crate) async fn balance(app: &Mink) -> u64 {
    app.load::<Account>("a").await.unwrap().balance
}
