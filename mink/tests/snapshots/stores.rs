//! Whether there are snapshots changes no answer, on databases, with two nodes, and while the program changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mink::postgres::PostgresStore;
use mink::prelude::*;
use mink::registry::Registry;
use mink::storage::{MemoryStore, Storage};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use super::equal::{self, BoxByAge, BoxByCount, BoxBySize, BoxOnDemand, Step, answers};
use super::fingerprint::{corrected, first, other_policy, other_shape};

/// A store that several applications open, each with connections of its own.
enum Place {
    Memory(Arc<MemoryStore>),
    Sqlite(tempfile::TempDir),
    Postgres { server: String, schema: String },
}

impl Place {
    fn memory() -> Self {
        Self::Memory(Arc::new(MemoryStore::new()))
    }

    fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    fn postgres() -> Self {
        let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("this test needs a PostgreSQL server: run it with `cargo xtask test -p mink`, or set MINK_TEST_POSTGRES_URL to the URL of one")
        });
        let id = mink::id::EventId::new().to_string().replace('-', "");
        let schema = format!("snapshots_{id}");
        Self::Postgres { server, schema }
    }

    async fn store(&self) -> Arc<dyn Storage> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Sqlite(folder) => {
                let file = folder.path().join("kept.db");
                let url = format!("sqlite://{}", file.display());
                mink::storage::open(&url).await.unwrap()
            }
            Self::Postgres { server, schema } => {
                let store = PostgresStore::builder(server).schema(schema);
                Arc::new(store.open().await.unwrap())
            }
        }
    }

    async fn open(&self, registry: Registry, cached: usize) -> Mink {
        Mink::builder()
            .shared_storage(self.store().await)
            .registry(registry)
            .cached_aggregates(cached)
            .open()
            .await
            .unwrap()
    }

    async fn remove(self) {
        if let Self::Postgres { server, schema } = self {
            let store = PostgresStore::builder(&server).schema(&schema);
            let store = store.open().await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
                .execute(store.pool())
                .await
                .unwrap();
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// So many cases of what `strategy` gives, on applications that are opened once.
fn cases<S: Strategy>(count: u32, strategy: S, holds: impl Fn(S::Value)) {
    let config = Config {
        cases: count,
        // a shrunken failure of a database takes long and says little more
        max_shrink_iters: 64,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&strategy, |value| {
            holds(value);
            Ok(())
        })
        .unwrap();
}

/// Two nodes with snapshots take turns, a third application never has one, and all three answer alike.
macro_rules! two_nodes {
    ($name:ident, $place:expr) => {{
        let (runtime, place) = (runtime(), $place);
        let (one, other, without) = runtime.block_on(async {
            (
                place.open(equal::registry(), 100).await,
                place.open(equal::registry(), 0).await,
                Place::memory().open(equal::registry(), 0).await,
            )
        });
        let next = AtomicU64::new(1);
        cases(12, equal::steps(), |steps: Vec<Step>| {
            let id = next.fetch_add(1, Ordering::Relaxed);
            runtime.block_on(async {
                let mut version = 0;
                for (turn, step) in steps.iter().enumerate() {
                    without.delete_all_snapshots().await.unwrap();
                    let done = $name::step(&without, id, step).await;
                    let node = if turn % 2 == 0 { &one } else { &other };
                    assert_eq!($name::step(node, id, step).await, done, "{step:?}");
                    without.delete_all_snapshots().await.unwrap();
                    let expected = answers::<$name>(&without, id, version).await;
                    assert_eq!(answers::<$name>(&one, id, version).await, expected);
                    assert_eq!(answers::<$name>(&other, id, version).await, expected);
                    version = expected.first().map_or(0, |(version, _)| *version);
                }
                let before = answers::<$name>(&one, id, version).await;
                one.delete_all_snapshots().await.unwrap();
                assert_eq!(answers::<$name>(&one, id, version).await, before);
                assert_eq!(answers::<$name>(&other, id, version).await, before);
            });
        });
        let (one_did, other_did) = (one.snapshot_stats(), other.snapshot_stats());
        assert_eq!((one_did.unreadable, one_did.failed), (0, 0), "{one_did:?}");
        assert_eq!(
            (other_did.unreadable, other_did.failed),
            (0, 0),
            "{other_did:?}"
        );
        assert!(
            one_did.used + other_did.used > 0,
            "no snapshot was ever used"
        );
        runtime.block_on(async {
            one.shutdown().await.unwrap();
            other.shutdown().await.unwrap();
            place.remove().await;
        });
    }};
}

#[test]
fn snapshots_by_count_change_no_answer_on_sqlite() {
    two_nodes!(BoxByCount, Place::sqlite());
}

#[test]
fn snapshots_by_size_change_no_answer_on_sqlite() {
    two_nodes!(BoxBySize, Place::sqlite());
}

#[test]
fn snapshots_by_age_change_no_answer_on_sqlite() {
    two_nodes!(BoxByAge, Place::sqlite());
}

#[test]
fn snapshots_on_demand_change_no_answer_on_sqlite() {
    two_nodes!(BoxOnDemand, Place::sqlite());
}

#[test]
fn snapshots_by_count_change_no_answer_on_postgres() {
    two_nodes!(BoxByCount, Place::postgres());
}

#[test]
fn snapshots_by_size_change_no_answer_on_postgres() {
    two_nodes!(BoxBySize, Place::postgres());
}

#[test]
fn snapshots_by_age_change_no_answer_on_postgres() {
    two_nodes!(BoxByAge, Place::postgres());
}

#[test]
fn snapshots_on_demand_change_no_answer_on_postgres() {
    two_nodes!(BoxOnDemand, Place::postgres());
}

/// What one of the releases of a program does to the account that all of them share.
#[derive(Debug, Clone, Copy)]
struct Turn {
    release: usize,
    cents: u32,
    forget: bool,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn =
        (0..4_usize, 1..100_u32, prop::bool::weighted(0.1)).prop_map(|(release, cents, forget)| {
            Turn {
                release,
                cents,
                forget,
            }
        });
    prop::collection::vec(turn, 1..25)
}

/// Deposits by this release, which may take a snapshot by that.
async fn deposit(apps: &[Mink; 4], id: u64, turn: Turn) {
    let Turn { release, cents, .. } = turn;
    let app = &apps[release];
    macro_rules! append {
        ($program:ident) => {
            app.append::<$program::Account>(id, ExpectedVersion::Any, $program::Deposited { cents })
                .await
                .unwrap()
        };
    }
    match release {
        0 => drop(append!(first)),
        1 => drop(append!(corrected)),
        2 => drop(append!(other_shape)),
        _ => drop(append!(other_policy)),
    }
}

/// What the releases, in turn and side by side, answer beside what the events say.
fn releases(place: Place) {
    let runtime = runtime();
    let apps = runtime.block_on(async {
        [
            place.open(first::registry(), 0).await,
            place.open(corrected::registry(), 0).await,
            place.open(other_shape::registry(), 0).await,
            place.open(other_policy::registry(), 0).await,
        ]
    });
    let next = AtomicU64::new(1);
    cases(16, turns(), |turns: Vec<Turn>| {
        let id = next.fetch_add(1, Ordering::Relaxed);
        runtime.block_on(async {
            let mut sum = 0;
            for turn in turns {
                if turn.forget {
                    apps[0].delete_all_snapshots().await.unwrap();
                }
                deposit(&apps, id, turn).await;
                sum += turn.cents;
                // the release that deposited looks first, and may leave a snapshot to the others
                for release in [turn.release, 0, 1, 2, 3] {
                    match release {
                        0 => {
                            let account = apps[0].load::<first::Account>(id).await.unwrap();
                            assert_eq!(account.balance, sum);
                        }
                        1 => {
                            let account = apps[1].load::<corrected::Account>(id).await.unwrap();
                            assert_eq!(account.balance, 2 * sum);
                        }
                        2 => {
                            let account = apps[2].load::<other_shape::Account>(id).await.unwrap();
                            assert_eq!(account.balance, sum.to_string());
                        }
                        _ => {
                            let account = apps[3].load::<other_policy::Account>(id).await.unwrap();
                            assert_eq!(account.balance, sum);
                        }
                    }
                }
            }
        });
    });
    let used: u64 = apps.iter().map(|app| app.snapshot_stats().used).sum();
    assert!(used > 0, "no snapshot was ever used");
    runtime.block_on(async {
        for app in apps {
            assert_eq!(app.snapshot_stats().unreadable, 0);
            app.shutdown().await.unwrap();
        }
        place.remove().await;
    });
}

#[test]
fn releases_of_other_shapes_versions_and_policies_agree_with_the_events_in_memory() {
    releases(Place::memory());
}

#[test]
fn releases_of_other_shapes_versions_and_policies_agree_with_the_events_on_sqlite() {
    releases(Place::sqlite());
}

#[test]
fn releases_of_other_shapes_versions_and_policies_agree_with_the_events_on_postgres() {
    releases(Place::postgres());
}
