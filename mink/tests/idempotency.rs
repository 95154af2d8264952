//! A command with an idempotency key takes effect at most once, and every copy gets the same answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mink::bus::{CommandFault, DispatchError, DispatchOptions};
use mink::prelude::*;
use mink::storage::MemoryStore;
use tokio::sync::Notify;

#[event]
struct Withdrawn {
    cents: u64,
}

#[event]
struct Deposited {
    cents: u64,
}

#[command(id = "account_id", idempotency_key = "request_id")]
struct Withdraw {
    account_id: String,
    request_id: Option<String>,
    cents: u64,
}

#[command(id = "account_id", idempotency_key = "request_id", replay_errors)]
struct WithdrawOnce {
    account_id: String,
    request_id: u64,
    cents: u64,
}

#[command(id = "account_id")]
struct Deposit {
    account_id: String,
    cents: u64,
}

#[command(id = "account_id", idempotency_key = "request_id")]
struct Touch {
    account_id: String,
    request_id: String,
}

#[command(id = "account_id", local)]
struct Peek {
    account_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, mink::serde::Serialize, mink::serde::Deserialize)]
#[serde(crate = "mink::serde")]
struct NotEnough {
    balance: u64,
}

impl std::fmt::Display for NotEnough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the balance is {}", self.balance)
    }
}

impl std::error::Error for NotEnough {}

#[derive(Aggregate, Default)]
struct Account {
    balance: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }

    fn withdraw(
        &self,
        command: Withdraw,
    ) -> Result<mink::aggregate::Replying<Withdrawn, u64>, NotEnough> {
        let withdrawn = self.take(command.cents)?;
        Ok(mink::aggregate::Replying(
            withdrawn,
            self.balance - command.cents,
        ))
    }

    fn withdraw_once(&self, command: WithdrawOnce) -> Result<Withdrawn, NotEnough> {
        self.take(command.cents)
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

/// What happens outside, and how often.
#[derive(Default)]
struct Gateway {
    calls: AtomicUsize,
    /// Refuses as many calls.
    refuses: AtomicUsize,
    /// Panics at the first call.
    panics: std::sync::atomic::AtomicBool,
    /// Held back until told to go on.
    gate: Option<Notify>,
}

#[command(idempotency_key = "payment")]
struct Pay {
    payment: String,
    cents: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Declined;

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
    if let Some(gate) = &gateway.gate {
        gate.notified().await;
    }
    let refuses = gateway.refuses.load(Ordering::SeqCst);
    if refuses > 0 {
        gateway.refuses.store(refuses - 1, Ordering::SeqCst);
        return Err(Declined);
    }
    Ok(format!("{}-{call}", command.payment))
}

async fn open(store: &MemoryStore, gateway: Gateway) -> Mink {
    let opened = Mink::builder()
        .storage(store.another_node())
        .service::<Gateway>(Arc::new(gateway))
        .open()
        .await;
    opened.unwrap()
}

async fn account(app: &Mink, cents: u64) {
    let deposit = Deposit {
        account_id: "a".into(),
        cents,
    };
    app.dispatch(deposit).await.unwrap();
}

fn withdraw(key: &str, cents: u64) -> Withdraw {
    Withdraw {
        account_id: "a".into(),
        request_id: Some(key.into()),
        cents,
    }
}

#[tokio::test]
async fn a_command_that_comes_again_gets_the_first_receipt_whole() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    account(&app, 100).await;
    let first = app.dispatch(withdraw("r-1", 60)).await.unwrap();
    let again = app.dispatch(withdraw("r-1", 60)).await.unwrap();
    assert!(!first.is_replay());
    assert!(again.is_replay());
    assert_eq!(again.event_ids(), first.event_ids());
    assert_eq!(again.version(), first.version());
    assert_eq!(again.stream(), first.stream());
    assert_eq!(again.reply(), first.reply());
    assert_eq!(
        again.event::<Withdrawn>().map(|event| event.cents),
        Some(60)
    );
    assert_eq!(app.load::<Account>("a").await.unwrap().balance, 40);
}

#[tokio::test]
async fn a_command_without_a_key_happens_each_time() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    account(&app, 100).await;
    for _ in 0..2 {
        let command = Withdraw {
            request_id: None,
            ..withdraw("", 30)
        };
        app.dispatch(command).await.unwrap();
    }
    assert_eq!(app.load::<Account>("a").await.unwrap().balance, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_race_on_two_nodes_take_effect_once_and_get_equal_answers() {
    let store = MemoryStore::new();
    let here = open(&store, Gateway::default()).await;
    let there = open(&store, Gateway::default()).await;
    account(&here, 1000).await;
    let copies: Vec<_> = (0..50)
        .map(|n| {
            let app = if n % 2 == 0 { &here } else { &there }.clone();
            tokio::spawn(async move { app.dispatch(withdraw("r", 10)).await })
        })
        .collect();
    let mut answers = Vec::new();
    for copy in copies {
        let receipt = copy.await.unwrap().unwrap();
        answers.push((
            receipt.version(),
            receipt.event_ids().to_vec(),
            *receipt.reply(),
        ));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(here.load::<Account>("a").await.unwrap().balance, 990);
}

#[tokio::test]
async fn the_same_key_with_another_payload_is_an_error_that_shows_neither() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    account(&app, 100).await;
    app.dispatch(withdraw("secret-key", 10)).await.unwrap();
    let error = app.dispatch(withdraw("secret-key", 11)).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert!(
        matches!(
            fault,
            CommandFault::KeyReused {
                command: "Withdraw",
                ..
            }
        ),
        "{fault}"
    );
    assert!(!format!("{fault} {fault:?}").contains("secret-key"));
    // so is another command with it
    let touch = Touch {
        account_id: "a".into(),
        request_id: "secret-key".into(),
    };
    let error = app.dispatch(touch).await.unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::KeyReused { .. })
    ));
    assert_eq!(app.load::<Account>("a").await.unwrap().balance, 90);
}

#[tokio::test]
async fn a_refusal_is_decided_anew_unless_it_is_to_be_replayed() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    account(&app, 10).await;
    let once = || WithdrawOnce {
        account_id: "a".into(),
        request_id: 7,
        cents: 50,
    };
    let error = app.dispatch(withdraw("r", 50)).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&NotEnough { balance: 10 }));
    let error = app.dispatch(once()).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&NotEnough { balance: 10 }));
    account(&app, 90).await;
    app.dispatch(withdraw("r", 50)).await.unwrap();
    // kept as it was, though there is enough by now
    let error = app.dispatch(once()).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&NotEnough { balance: 10 }));
}

#[tokio::test]
async fn a_refusal_on_what_a_copy_has_changed_gives_the_copys_answer() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    account(&app, 50).await;
    app.dispatch(withdraw("r", 50)).await.unwrap();
    // the account is empty now, and would refuse
    let again = app.dispatch(withdraw("r", 50)).await.unwrap();
    assert!(again.is_replay());
}

#[tokio::test]
async fn a_decision_to_do_nothing_is_kept_too() {
    let store = MemoryStore::new();
    let app = open(&store, Gateway::default()).await;
    let touch = || Touch {
        account_id: "a".into(),
        request_id: "t".into(),
    };
    assert!(!app.dispatch(touch()).await.unwrap().is_replay());
    assert!(app.dispatch(touch()).await.unwrap().is_replay());
}

#[tokio::test]
async fn the_options_give_a_key_to_a_command_that_has_none() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    let deposit = || Deposit {
        account_id: "a".into(),
        cents: 5,
    };
    let options = || DispatchOptions::new().idempotency_key("k".repeat(100_000));
    app.dispatch_with(deposit(), options()).await.unwrap();
    let again = app.dispatch_with(deposit(), options()).await.unwrap();
    assert!(again.is_replay());
    assert_eq!(app.load::<Account>("a").await.unwrap().balance, 5);
}

#[tokio::test]
async fn an_empty_key_and_a_key_of_a_local_command_are_refused() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    let error = app.dispatch(withdraw("", 1)).await.unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::EmptyKey {
            command: "Withdraw"
        })
    ));
    let peek = Peek {
        account_id: "a".into(),
    };
    let error = app
        .dispatch_with(peek, DispatchOptions::new().idempotency_key("k"))
        .await
        .unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::KeyOfLocal { command: "Peek" })
    ));
}

#[tokio::test]
async fn refusals_that_cannot_be_kept_are_refused_when_that_is_asked_for() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    let pay = Pay {
        payment: "p".into(),
        cents: 1,
    };
    let error = app
        .dispatch_with(pay, DispatchOptions::new().replay_errors(true))
        .await
        .unwrap_err();
    assert!(matches!(
        error.fault(),
        Some(CommandFault::UnkeptError { command: "Pay" })
    ));
}

#[tokio::test]
async fn an_answer_that_has_expired_counts_no_more_and_is_swept() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    account(&app, 100).await;
    let options = || DispatchOptions::new().keep_for(Duration::ZERO);
    app.dispatch_with(withdraw("r", 10), options())
        .await
        .unwrap();
    let again = app
        .dispatch_with(withdraw("r", 10), options())
        .await
        .unwrap();
    assert!(!again.is_replay());
    assert_eq!(app.sweep_keys(100).await.unwrap(), 1);
    assert_eq!(app.sweep_keys(100).await.unwrap(), 0);
}

#[tokio::test]
async fn two_tenants_use_equal_keys_apart() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    for tenant in ["acme", "zenith"] {
        let app = app.tenant(tenant).unwrap();
        account(&app, 10).await;
        assert!(!app.dispatch(withdraw("r", 10)).await.unwrap().is_replay());
    }
}

fn payment() -> Pay {
    Pay {
        payment: "p-1".into(),
        cents: 100,
    }
}

#[tokio::test]
async fn a_free_standing_handler_runs_once_for_many_copies_in_one_process() {
    let app = open(&MemoryStore::new(), Gateway::default()).await;
    let answers = app.dispatch_all((0..50).map(|_| payment())).await;
    for answer in answers {
        assert_eq!(answer.unwrap(), "p-1-1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_waits_for_the_one_that_works_and_gets_its_answer() {
    let store = MemoryStore::new();
    let gate = Gateway {
        gate: Some(Notify::new()),
        ..Gateway::default()
    };
    let gateway = Arc::new(gate);
    let working = Mink::builder()
        .storage(store.another_node())
        .service::<Gateway>(Arc::clone(&gateway))
        .open()
        .await
        .unwrap();
    let waiting = open(&store, Gateway::default()).await;
    let first = tokio::spawn(async move { working.dispatch(payment()).await });
    while gateway.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn(async move { waiting.dispatch(payment()).await });
    if let Some(gate) = &gateway.gate {
        gate.notify_one();
    }
    assert_eq!(first.await.unwrap().unwrap(), "p-1-1");
    // its own gateway was never called, or it would say so
    assert_eq!(second.await.unwrap().unwrap(), "p-1-1");
}

#[tokio::test]
async fn a_refusal_of_a_free_standing_handler_gives_the_key_back() {
    let gateway = Gateway {
        refuses: AtomicUsize::new(1),
        ..Gateway::default()
    };
    let app = open(&MemoryStore::new(), gateway).await;
    let error = app.dispatch(payment()).await.unwrap_err();
    assert_eq!(error.rejection(), Some(&Declined));
    assert_eq!(app.dispatch(payment()).await.unwrap(), "p-1-2");
    assert_eq!(app.dispatch(payment()).await.unwrap(), "p-1-2");
}

#[tokio::test]
async fn a_handler_that_panics_gives_the_key_back() {
    let gateway = Gateway {
        panics: true.into(),
        ..Gateway::default()
    };
    let app = open(&MemoryStore::new(), gateway).await;
    let dying = app.dispatch_detached(payment());
    assert!(matches!(
        dying.await,
        Err(DispatchError::Failed(CommandFault::Panicked { .. }))
    ));
    assert_eq!(app.dispatch(payment()).await.unwrap(), "p-1-2");
}
