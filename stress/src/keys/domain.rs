//! What is dispatched: counters, so that whatever is decided a second time is decided differently.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use mink::prelude::*;
use mink::registry::Registry;
use uuid::Uuid;

use super::line::{Kind, Line, Order};

/// Something was counted.
#[event]
pub(super) struct Counted {
    tag: String,
    run: String,
}

#[command(id = "account", idempotency_key = "key")]
pub(super) struct Count {
    account: String,
    tag: String,
    key: Option<String>,
}

#[command(id = "account", idempotency_key = "key", replay_errors)]
pub(super) struct CountNever {
    account: String,
    tag: String,
    key: Option<String>,
}

#[command(id = "account", idempotency_key = "key")]
pub(super) struct CountNothing {
    account: String,
    tag: String,
    key: Option<String>,
}

#[command(idempotency_key = "key")]
pub(super) struct CallOutside {
    tag: String,
    key: Option<String>,
}

/// Says how much was counted when it was refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Refused {
    counted: u64,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused at {}", self.counted)
    }
}

impl std::error::Error for Refused {}

#[derive(Debug)]
pub(super) struct Unreachable(std::io::Error);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "what is outside cannot be reached: {}", self.0)
    }
}

impl std::error::Error for Unreachable {}

#[derive(Aggregate, Default)]
pub(super) struct Counter {
    counted: u64,
}

#[handlers]
impl Counter {
    fn count(&self, command: Count) -> Replying<Counted, u64> {
        runs(&command.tag);
        let run = Uuid::new_v4().to_string();
        let tag = command.tag;
        Replying(Counted { tag, run }, self.counted + 1)
    }

    fn count_never(&self, command: CountNever) -> Result<Counted, Refused> {
        runs(&command.tag);
        Err(Refused {
            counted: self.counted,
        })
    }

    fn count_nothing(&self, command: CountNothing) {
        runs(&command.tag);
    }

    fn counted(&mut self, _: &Counted) {
        self.counted += 1;
    }
}

/// Writes a line into the file outside, and replies with what no second run would.
#[handler]
async fn call_outside(command: CallOutside) -> Result<String, Unreachable> {
    runs(&command.tag);
    if let Some(file) = OUTSIDE.get() {
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .and_then(|mut file| file.write_all(format!("{}\n", command.tag).as_bytes()))
            .map_err(Unreachable)?;
    }
    tokio::task::yield_now().await;
    Ok(Uuid::new_v4().to_string())
}

/// The registry of this domain.
pub(super) fn registry() -> Registry {
    Registry::by_hand()
        .event::<Counted>()
        .command::<Count>()
        .command::<CountNever>()
        .command::<CountNothing>()
        .command::<CallOutside>()
        .aggregate::<Counter>()
        .handler::<CallOutside, _>()
        .build()
}

static OUTSIDE: OnceLock<PathBuf> = OnceLock::new();
static RUNS: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

/// From now on this process writes into this file outside, and says when a method runs.
pub(super) fn aloud(outside: PathBuf) {
    let _ = OUTSIDE.set(outside);
}

fn runs(tag: &str) {
    if OUTSIDE.get().is_some() {
        super::node::say(&Line::Runs(tag.to_owned()));
        return;
    }
    let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    let runs = runs.get_or_insert_default();
    *runs.entry(tag.to_owned()).or_default() += 1;
}

/// How often a method ran for this command, in a process that does not say so.
pub(super) fn runs_of(tag: &str) -> u32 {
    let runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    let runs = runs.as_ref().and_then(|runs| runs.get(tag));
    runs.copied().unwrap_or_default()
}

/// Dispatches one copy; gives the answer whole, but that it is a replay.
pub(super) async fn dispatch(app: &Mink, order: &Order, keyed: bool) -> Result<String, String> {
    let (account, tag) = (order.account.clone(), order.tag.clone());
    let key = keyed.then(|| tag.clone());
    match order.kind {
        Kind::Accepted => {
            let receipt = app.dispatch(Count { account, tag, key }).await;
            let receipt = receipt.map_err(|error| error.to_string())?;
            let event = receipt.event::<Counted>();
            Ok(format!(
                "{} {} {:?} {:?} {}",
                receipt.stream(),
                receipt.version(),
                receipt.event_ids(),
                event.map(|event| (&event.tag, &event.run)),
                receipt.reply(),
            ))
        }
        Kind::Refused => match app.dispatch(CountNever { account, tag, key }).await {
            Ok(_) => Err("it was accepted".to_owned()),
            Err(error) => match error.rejection() {
                Some(refused) => Ok(refused.to_string()),
                None => Err(error.to_string()),
            },
        },
        Kind::Nothing => {
            let receipt = app.dispatch(CountNothing { account, tag, key }).await;
            let receipt = receipt.map_err(|error| error.to_string())?;
            let (stream, version, ids) = (receipt.stream(), receipt.version(), receipt.event_ids());
            Ok(format!("{stream} {version} {ids:?}"))
        }
        Kind::Function => {
            let reply = app.dispatch(CallOutside { tag, key }).await;
            reply.map_err(|error| error.to_string())
        }
    }
}
