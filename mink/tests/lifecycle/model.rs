//! Any sequence of changes against a simple model.

use std::collections::BTreeMap;

use mink::archive::FileArchive;
use mink::prelude::*;
use mink::storage::RecordedEvent;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::domain::{Account, carry, deposit, events, feed, in_memory, registry};

#[derive(Debug, Clone)]
enum Step {
    Deposit(u64),
    Delete,
    Undelete,
    /// So many of the events are left.
    Truncate(u64),
    Archive(u64),
    Restore,
    Compact,
    CompactInto,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..100_u64).prop_map(Step::Deposit),
        1 => Just(Step::Delete),
        2 => Just(Step::Undelete),
        1 => (0..4_u64).prop_map(Step::Truncate),
        2 => (0..4_u64).prop_map(Step::Archive),
        2 => Just(Step::Restore),
        1 => Just(Step::Compact),
        1 => Just(Step::CompactInto),
    ]
}

/// What a stream should be.
#[derive(Default)]
struct Model {
    /// Every event ever, by version.
    all: BTreeMap<u64, RecordedEvent>,
    first: u64,
    truncated: u64,
    deleted: bool,
}

impl Model {
    fn version(&self) -> u64 {
        self.all.len() as u64
    }

    fn left(&self) -> Vec<RecordedEvent> {
        self.all
            .range(self.first..)
            .map(|(_, event)| event.clone())
            .collect()
    }

    fn archived(&self) -> bool {
        self.first - 1 > self.truncated
    }

    /// The state that a load makes; `None` when it is refused.
    fn state(&self) -> Option<Account> {
        let begins = self.all.get(&self.first);
        let is_summary = begins.is_some_and(|event| &*event.event_type == "Carried");
        if self.deleted || (self.archived() && !is_summary) {
            return None;
        }
        let mut account = Account::default();
        for event in self.left() {
            let json: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
            let number = |key: &str| json[key].as_u64().unwrap();
            if &*event.event_type == "Carried" {
                account.cents = number("cents");
                account.deposits = number("deposits");
            } else {
                account.cents += number("cents");
                account.deposits += 1;
            }
        }
        Some(account)
    }

    /// Takes note of events that were appended.
    async fn see(&mut self, app: &Mink, id: &str) {
        for event in events(app, id).await {
            self.all.entry(event.version).or_insert(event);
        }
    }
}

async fn agrees(app: &Mink, steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let archive = FileArchive::new(folder.path());
    let id = mink::id::EventId::new().to_string();
    let mut model = Model {
        first: 1,
        ..Model::default()
    };
    deposit(app, &id, 1).await;
    model.see(app, &id).await;
    let lifecycle = app.lifecycle::<Account>(&id).unwrap();
    for step in steps {
        let before = |left: &u64| (model.version() + 1).saturating_sub(*left).max(1);
        let first = model.first;
        let (answer, expected) = match &step {
            Step::Deposit(cents) => {
                let command = crate::domain::Deposit {
                    id: id.clone(),
                    cents: *cents,
                };
                let done = app.dispatch(command).await.is_ok();
                assert_eq!(done, model.state().is_some(), "{step:?}");
                (None, None)
            }
            Step::Delete => {
                model.deleted = true;
                (Some(lifecycle.delete().await), Some(0))
            }
            Step::Undelete => {
                model.deleted = false;
                (Some(lifecycle.undelete().await), Some(0))
            }
            Step::Truncate(left) => {
                let before = before(left);
                let gone = (before - 1).saturating_sub(model.truncated);
                model.truncated += gone;
                model.first = model.first.max(before);
                let answer = lifecycle.truncate_before(before).await;
                (Some(answer), Some(gone))
            }
            Step::Archive(left) => {
                let before = before(left);
                let answer = lifecycle.archive_before(before, &archive).await;
                if model.deleted && before > model.first {
                    assert!(answer.is_err());
                    (None, None)
                } else {
                    model.first = model.first.max(before);
                    (Some(answer), Some(model.first - first))
                }
            }
            Step::Restore => {
                model.first = model.truncated + 1;
                let answer = lifecycle.restore(&archive).await;
                (Some(answer), Some(first - model.first))
            }
            Step::Compact | Step::CompactInto => {
                let can = model.state().is_some();
                let ends_with_one = model
                    .left()
                    .last()
                    .is_some_and(|event| &*event.event_type == "Carried");
                let truncates = matches!(step, Step::Compact);
                let answer = match truncates {
                    true => lifecycle.compact(carry).await,
                    false => lifecycle.compact_into(&archive, carry).await,
                };
                if can {
                    let summary = model.version() + u64::from(!ends_with_one);
                    let count = match truncates {
                        true => summary - 1 - model.truncated,
                        false => summary - first,
                    };
                    model.first = summary;
                    if truncates {
                        model.truncated = summary - 1;
                    }
                    model.see(app, &id).await;
                    (Some(answer), Some(count))
                } else {
                    assert!(answer.is_err());
                    (None, None)
                }
            }
        };
        if let (Some(answer), Some(count)) = (answer, expected) {
            let answer = answer.unwrap_or_else(|error| panic!("{step:?}: {error}"));
            assert_eq!(
                (answer.events, answer.first),
                (count, model.first),
                "{step:?}"
            );
        }
        if !model.deleted {
            if matches!(step, Step::Deposit(_)) {
                model.see(app, &id).await;
            }
            assert_eq!(events(app, &id).await, model.left(), "{step:?}");
        }
        let info = lifecycle.info().await.unwrap();
        assert_eq!(
            (info.version, info.first, info.truncated, info.deleted),
            (model.version(), model.first, model.truncated, model.deleted),
            "{step:?}"
        );
        let loaded = app.load::<Account>(&id).await.ok();
        assert_eq!(
            loaded.map(|loaded| loaded.into_state()),
            model.state(),
            "{step:?}"
        );
    }
    lifecycle.undelete().await.unwrap();
    lifecycle.restore(&archive).await.unwrap();
    model.first = model.truncated + 1;
    assert_eq!(events(app, &id).await, model.left(), "at the end");
}

fn any_sequence_agrees(cases: u32, open: impl AsyncFn() -> Mink) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let app = runtime.block_on(open());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..24), |steps| {
            let app = app.clone();
            let ended = runtime.block_on(runtime.spawn(async move { agrees(&app, steps).await }));
            ended.map_err(|error| TestCaseError::fail(error.to_string()))
        })
        .unwrap_or_else(|error| panic!("{error}"));
    // every place is delivered or counted
    runtime.block_on(async {
        let (delivered, skipped) = feed(&app).await;
        let head = app.storage().head().await.unwrap();
        assert_eq!(delivered.len() as u64 + skipped, head.0);
    });
}

#[test]
fn any_sequence_of_changes_agrees_with_a_model_in_memory() {
    any_sequence_agrees(256, in_memory);
}

#[test]
fn any_sequence_of_changes_agrees_with_a_model_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("a.db").display());
    any_sequence_agrees(24, async || {
        let builder = Mink::builder().url(&url).registry(registry());
        builder.open().await.unwrap()
    });
}
