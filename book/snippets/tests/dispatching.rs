//! The ways of sending a command.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the page shows what is printed"
)]
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mink::bus::{
    CommandFault, DispatchError, DispatchOptions, Effect, JsonDispatchError, StillRunning,
};
use mink::id::EventId;
use mink::metadata::Metadata;
use mink::prelude::*;
use mink::serde_json::{Value, json};
use serde::{Deserialize, Serialize};

#[event]
pub struct Deposited {
    pub cents: u64,
}

#[event]
pub struct Withdrawn {
    pub cents: u64,
}

#[command]
pub struct Deposit {
    pub account_id: String,
    pub cents: u64,
}

#[command]
pub struct Withdraw {
    pub account_id: String,
    pub cents: u64,
}

// ANCHOR: local
#[command(local)]
pub struct WriteOff {
    pub account_id: String,
}
// ANCHOR_END: local

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{missing} cents are missing")]
pub struct NotEnough {
    pub missing: u64,
}

#[derive(Aggregate, Default)]
pub struct Account {
    cents: u64,
}

// ANCHOR: reply
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    pub cents: u64,
}

#[handlers]
impl Account {
    fn withdraw(&self, command: Withdraw) -> Result<Replying<Withdrawn, Balance>, NotEnough> {
        let cents = command.cents;
        match self.cents.checked_sub(cents) {
            Some(left) => Ok(Replying(Withdrawn { cents }, Balance { cents: left })),
            None => Err(NotEnough {
                missing: cents - self.cents,
            }),
        }
    }
    // ANCHOR_END: reply
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }
    fn write_off(&self, _: WriteOff) -> Withdrawn {
        Withdrawn { cents: self.cents }
    }
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
}

// ANCHOR: handler
pub trait Mailer: Send + Sync {
    fn send(&self, to: &str, text: &str);
}

#[command]
pub struct Transfer {
    pub from: String,
    pub to: String,
    pub cents: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    NotEnough(NotEnough),
    #[error("the money has left `{from}` and may not have arrived: {fault}")]
    Half { from: String, fault: CommandFault },
    #[error(transparent)]
    Failed(CommandFault),
}

#[handler]
async fn transfer(
    command: Transfer,
    app: &Mink,
    mailer: &dyn Mailer,
) -> Result<[EventId; 2], TransferError> {
    let Transfer { from, to, cents } = command;
    let taken = app
        .dispatch(withdraw(&from, cents))
        .await
        .map_err(|error| match error {
            DispatchError::Rejected(refusal) => TransferError::NotEnough(refusal),
            DispatchError::Failed(fault) => TransferError::Failed(fault),
        })?;
    let given = match app.dispatch(deposit(&to, cents)).await {
        Ok(receipt) => receipt,
        Err(DispatchError::Failed(fault)) => return Err(TransferError::Half { from, fault }),
        Err(DispatchError::Rejected(never)) => match never {},
    };
    mailer.send(&to, "money has arrived");
    Ok([taken.event_ids()[0], given.event_ids()[0]])
}
// ANCHOR_END: handler

fn deposit(account: &str, cents: u64) -> Deposit {
    let account_id = account.to_owned();
    Deposit { account_id, cents }
}

fn withdraw(account: &str, cents: u64) -> Withdraw {
    let account_id = account.to_owned();
    Withdraw { account_id, cents }
}

fn transfer_of(cents: u64) -> Transfer {
    let (from, to) = ("ada".to_owned(), "bob".to_owned());
    Transfer { from, to, cents }
}

#[derive(Default)]
struct Letters(Mutex<Vec<String>>);

impl Mailer for Letters {
    fn send(&self, to: &str, text: &str) {
        self.0.lock().unwrap().push(format!("{to}: {text}"));
    }
}

/// An application in which Ada has 100 cents.
async fn opened() -> Mink {
    // ANCHOR: service
    let mailer: Arc<dyn Mailer> = Arc::new(Letters::default());
    let app = Mink::builder()
        .url("memory://")
        .service::<dyn Mailer>(mailer)
        .open()
        .await
        .unwrap();
    // ANCHOR_END: service
    app.dispatch(deposit("ada", 100)).await.unwrap();
    app
}

#[tokio::test]
async fn the_answer_is_a_receipt_with_a_reply() {
    let app = opened().await;
    // ANCHOR: replied
    let receipt = app.dispatch(withdraw("ada", 30)).await.unwrap();
    assert_eq!(receipt.reply().cents, 70);
    assert_eq!(receipt.version(), 2);
    // ANCHOR_END: replied
    // ANCHOR: answers
    match app.dispatch(withdraw("ada", 100)).await {
        Ok(receipt) => println!("{} cents are left", receipt.reply().cents),
        Err(DispatchError::Rejected(NotEnough { missing })) => assert_eq!(missing, 30),
        Err(DispatchError::Failed(fault)) => panic!("{}: {fault}", fault.kind()),
    }
    // ANCHOR_END: answers
}

#[tokio::test]
async fn one_dispatch_has_options() {
    let app = opened().await;
    // ANCHOR: options
    let options = DispatchOptions::new()
        .within(Duration::from_secs(5))
        .idempotency_key("order-17");
    let first = app.dispatch_with(withdraw("ada", 30), options.clone());
    assert!(!first.await.unwrap().is_replay());
    let again = app.dispatch_with(withdraw("ada", 30), options);
    assert!(again.await.unwrap().is_replay());
    // ANCHOR_END: options
    assert_eq!(app.load::<Account>("ada").await.unwrap().cents, 70);
}

#[tokio::test]
async fn many_at_once_end_each_for_itself() {
    let app = opened().await;
    // ANCHOR: all
    let answers = app
        .dispatch_all([
            withdraw("ada", 60),
            withdraw("ada", 60), // refused: 40 are left
            withdraw("ada", 40), // handled all the same
        ])
        .await;
    let ends: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(ends, [true, false, true]);
    // ANCHOR_END: all
}

#[tokio::test]
async fn a_detached_command_is_awaited_or_cancelled() {
    let app = opened().await;
    // ANCHOR: detached
    let detached = app.dispatch_detached(withdraw("ada", 30));
    // ... something else meanwhile
    let receipt = detached.await.unwrap();
    // ANCHOR_END: detached
    assert_eq!(receipt.version(), 2);
    // ANCHOR: cancelled
    let detached = app.dispatch_detached(withdraw("ada", 30));
    detached.cancel();
    match detached.await {
        // it was not in time: the commit was under way, and was seen through
        Ok(receipt) => assert_eq!(receipt.version(), 3),
        Err(error) => assert!(matches!(
            error.fault(),
            Some(CommandFault::Cancelled {
                effect: Effect::None,
                ..
            })
        )),
    }
    // ANCHOR_END: cancelled
}

// ANCHOR: endpoint
/// Status and body of `POST /commands/{name}`.
async fn post(app: &Mink, name: &str, body: &Value) -> (u16, Value) {
    match app.dispatch_json(name, body).await {
        Ok(receipt) => (200, json!(receipt)),
        Err(JsonDispatchError::Rejected { message, error, .. }) => {
            (409, json!({"message": message, "error": error}))
        }
        Err(error) => (status(&error), json!({"message": error.to_string()})),
    }
}

fn status(error: &JsonDispatchError) -> u16 {
    match error {
        JsonDispatchError::UnknownCommand { .. } | JsonDispatchError::NotSent { .. } => 404,
        JsonDispatchError::Unreadable { .. } => 400,
        JsonDispatchError::Failed(CommandFault::Invalid { .. }) => 422,
        JsonDispatchError::Failed(fault) if fault.is_transient() => 503, // send it again
        _ => 500,
    }
}
// ANCHOR_END: endpoint

#[tokio::test]
async fn a_command_comes_by_name() {
    let app = opened().await;
    // ANCHOR: json
    let body = json!({"account_id": "ada", "cents": 30});
    let (status, answer) = post(&app, "Withdraw", &body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["stream"], "Account-ada");
    assert_eq!(answer["version"], 2);
    assert_eq!(answer["reply"], json!({"cents": 70}));

    let (status, answer) = post(&app, "Withdraw", &body_of(100)).await;
    assert_eq!(status, 409);
    assert_eq!(answer["error"], json!({"missing": 30}));

    let (status, answer) = post(&app, "Withdrawl", &body).await;
    assert_eq!(status, 404);
    assert_eq!(
        answer["message"],
        "there is no command `Withdrawl`: did you mean `Withdraw`?"
    );

    let body = json!({"account_id": "ada", "cents": "thirty"});
    let (status, answer) = post(&app, "Withdraw", &body).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "the payload does not fit the command `Withdraw`: string where u64 was expected"
    );

    let (status, _) = post(&app, "WriteOff", &json!({"account_id": "ada"})).await;
    assert_eq!(status, 404);
    // ANCHOR_END: json
}

fn body_of(cents: u64) -> Value {
    json!({"account_id": "ada", "cents": cents})
}

#[tokio::test]
async fn a_function_dispatches_and_is_the_cause() {
    let app = opened().await;
    // ANCHOR: nested
    let request = app.with_metadata(Metadata {
        correlation_id: Some("request-17".into()),
        ..Metadata::default()
    });
    let [taken, given] = request.dispatch(transfer_of(30)).await.unwrap();
    let taken = app.event(taken).await.unwrap().unwrap().metadata;
    let given = app.event(given).await.unwrap().unwrap().metadata;
    assert_eq!(given.correlation_id.as_deref(), Some("request-17"));
    assert_eq!(given.causation_id, taken.causation_id); // the id of the `Transfer`
    // ANCHOR_END: nested
    assert!(taken.causation_id.is_some());
    let refused = app.dispatch(transfer_of(100)).await.unwrap_err();
    assert!(matches!(
        refused.rejection(),
        Some(TransferError::NotEnough(NotEnough { missing: 30 }))
    ));
}

#[tokio::test]
async fn a_service_that_nobody_provides_is_said_at_start() {
    let refused = Mink::open("memory://").await.err().unwrap();
    support::assert_shown("dispatching_service.txt", &refused.to_string());
}

#[tokio::test]
async fn closing_drains_and_refuses() {
    let app = opened().await;
    // ANCHOR: close
    if let Err(StillRunning { commands }) = app.close(Duration::from_secs(10)).await {
        eprintln!("{commands} commands were cut off");
    }
    let refused = app.dispatch(deposit("ada", 1)).await.unwrap_err();
    assert!(matches!(
        refused.fault(),
        Some(CommandFault::Closed { command: "Deposit" })
    ));
    // ANCHOR_END: close
}
