//! Whether there are snapshots changes no answer.

use std::collections::{BTreeMap, HashMap};

use mink::aggregate::{AggregateHandlers, Snapshotted};
use mink::prelude::*;
use mink::registry::Registry;
use proptest::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
pub(super) enum Item {
    Amount(f64),
    Text { text: String },
    Nothing,
}

#[event]
struct Put {
    key: String,
    item: Item,
}

#[event]
struct Taken {
    key: String,
}

#[event]
struct Emptied;

/// What a test does to one box.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Put(u8, Item),
    Take(u8),
    Empty,
    Snapshot,
    Forget,
}

macro_rules! boxes {
    ($name:ident, $put:ident, $take:ident, $empty:ident, $($policy:tt)*) => {
        #[command]
        struct $put { id: u64, key: String, item: Item }

        #[command]
        struct $take { id: u64, key: String }

        #[command]
        struct $empty { id: u64 }

        #[derive(Aggregate, Default, Debug, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
        #[aggregate(snapshot $($policy)*)]
        pub(super) struct $name {
            items: HashMap<String, Item>,
            sum: f64,
            log: Vec<(u64, Option<Item>)>,
            counts: BTreeMap<String, u64>,
        }

        #[handlers]
        impl $name {
            fn put(&self, command: $put) -> Put {
                Put { key: command.key, item: command.item }
            }
            fn take(&self, command: $take) -> Option<Taken> {
                self.items.contains_key(&command.key).then_some(Taken { key: command.key })
            }
            fn empty(&self, _: $empty) -> Result<Emptied, std::fmt::Error> {
                if self.items.is_empty() { Err(std::fmt::Error) } else { Ok(Emptied) }
            }
            fn was_put(&mut self, event: &Put) {
                if let Item::Amount(amount) = event.item {
                    self.sum += amount / 3.0;
                }
                *self.counts.entry(event.key.clone()).or_default() += 1;
                let old = self.items.insert(event.key.clone(), event.item.clone());
                self.log.push((self.log.len() as u64, old));
            }
            fn was_taken(&mut self, event: &Taken) {
                let old = self.items.remove(&event.key);
                self.log.push((self.log.len() as u64, old));
            }
            fn was_emptied(&mut self, _: &Emptied) {
                self.items.clear();
                self.sum /= 7.0;
            }
        }

        impl $name {
            pub(super) async fn step(app: &Mink, id: u64, step: &Step) -> bool {
                let key = |key: &u8| format!("k{key}");
                match step {
                    Step::Put(at, item) => {
                        let item = item.clone();
                        app.dispatch($put { id, key: key(at), item }).await.is_ok()
                    }
                    Step::Take(at) => app.dispatch($take { id, key: key(at) }).await.is_ok(),
                    Step::Empty => app.dispatch($empty { id }).await.is_ok(),
                    Step::Snapshot => {
                        let _ = app.snapshot::<Self>(id).await;
                        true
                    }
                    Step::Forget => app.delete_all_snapshots().await.is_ok(),
                }
            }
        }
    };
}

boxes!(
    BoxByCount,
    PutByCount,
    TakeByCount,
    EmptyByCount,
    (every = 2)
);
boxes!(BoxBySize, PutBySize, TakeBySize, EmptyBySize, (bytes = 60));
boxes!(BoxByAge, PutByAge, TakeByAge, EmptyByAge, (after = "1us"));
boxes!(BoxOnDemand, PutOnDemand, TakeOnDemand, EmptyOnDemand,);

pub(super) fn registry() -> Registry {
    Registry::by_hand()
        .event::<Put>()
        .event::<Taken>()
        .event::<Emptied>()
        .aggregate::<BoxByCount>()
        .aggregate::<BoxBySize>()
        .aggregate::<BoxByAge>()
        .aggregate::<BoxOnDemand>()
        .command::<PutByCount>()
        .command::<TakeByCount>()
        .command::<EmptyByCount>()
        .command::<PutBySize>()
        .command::<TakeBySize>()
        .command::<EmptyBySize>()
        .command::<PutByAge>()
        .command::<TakeByAge>()
        .command::<EmptyByAge>()
        .command::<PutOnDemand>()
        .command::<TakeOnDemand>()
        .command::<EmptyOnDemand>()
        .build()
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        (-1e9..1e9_f64).prop_map(Item::Amount),
        ".{0,12}".prop_map(|text| Item::Text { text }),
        Just(Item::Nothing),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_u8, item()).prop_map(|(key, item)| Step::Put(key, item)),
        2 => (0..5_u8).prop_map(Step::Take),
        1 => Just(Step::Empty),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Forget),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..40)
}

/// What is asked of an aggregate.
pub(super) async fn answers<A>(app: &Mink, id: u64, version: u64) -> Vec<(u64, A)>
where
    A: AggregateHandlers,
{
    let mut answers = Vec::new();
    if let Ok(loaded) = app.load::<A>(id).await {
        answers.push((loaded.version(), loaded.into_state()));
    }
    for version in [version / 2, version] {
        if let Ok(loaded) = app.load_at_version::<A>(id, version).await {
            answers.push((loaded.version(), loaded.into_state()));
        }
    }
    answers
}

/// Takes the steps with snapshots and without, and compares the answers after each.
macro_rules! agree {
    ($name:ident, $steps:ident, $cached:ident) => {{
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let open = || {
                let builder = Mink::builder().url("memory://").registry(registry());
                builder.cached_aggregates($cached).open()
            };
            let (with, without) = (open().await.unwrap(), open().await.unwrap());
            let mut version = 0;
            for step in &$steps {
                without.delete_all_snapshots().await.unwrap();
                let done = $name::step(&without, 1, step).await;
                assert_eq!($name::step(&with, 1, step).await, done);
                tokio::task::yield_now().await;
                let seen = answers::<$name>(&with, 1, version).await;
                without.delete_all_snapshots().await.unwrap();
                assert_eq!(seen, answers::<$name>(&without, 1, version).await);
                version = seen.first().map_or(0, |(version, _)| *version);
            }
            let stats = with.snapshot_stats();
            assert_eq!((stats.unreadable, stats.failed), (0, 0));
        });
    }};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn snapshots_by_count_change_no_answer(steps in steps(), cached in 0..2_usize) {
        agree!(BoxByCount, steps, cached);
    }

    #[test]
    fn snapshots_by_size_change_no_answer(steps in steps(), cached in 0..2_usize) {
        agree!(BoxBySize, steps, cached);
    }

    #[test]
    fn snapshots_by_age_change_no_answer(steps in steps(), cached in 0..2_usize) {
        agree!(BoxByAge, steps, cached);
    }

    #[test]
    fn snapshots_on_demand_change_no_answer(steps in steps(), cached in 0..2_usize) {
        agree!(BoxOnDemand, steps, cached);
    }
}

#[test]
fn each_of_these_policies_keeps_snapshots() {
    let policies = [
        format!("{:?}", BoxByCount::POLICY),
        format!("{:?}", BoxBySize::POLICY),
        format!("{:?}", BoxByAge::POLICY),
        format!("{:?}", BoxOnDemand::POLICY),
    ];
    assert_eq!(
        policies
            .iter()
            .collect::<std::collections::HashSet<_>>()
            .len(),
        4
    );
}
