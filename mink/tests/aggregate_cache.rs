//! Aggregates kept in memory between dispatches.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use mink::bus::{CommandFault, DispatchError};
use mink::prelude::*;
use mink::repository::CacheStats;
use mink::storage::{MemoryStore, Storage};
use support::{Fate, Scripted};

#[path = "../../mink-runtime/tests/support/mod.rs"]
mod support;

#[event]
struct Deposited {
    cents: u64,
    /// Never stored: no later load knows of it.
    #[serde(skip)]
    bonus: u64,
}

#[event]
struct Withdrawn {
    cents: u64,
}

#[event]
struct Counted {
    cents: u64,
}

#[command]
struct Deposit {
    id: u64,
    cents: u64,
}

#[command]
struct Withdraw {
    id: u64,
    cents: u64,
}

#[command]
struct Close {
    id: u64,
}

#[command]
struct DepositFrom {
    id: u64,
    other: u64,
}

#[command]
struct DepositAside {
    id: u64,
}

#[command]
struct Count {
    id: u64,
}

#[derive(Debug, PartialEq)]
struct NotEnough;

impl std::fmt::Display for NotEnough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not enough")
    }
}

impl std::error::Error for NotEnough {}

/// The way back into the application, and a door that a handler waits at.
#[derive(Default)]
struct Outside {
    app: OnceLock<Mink>,
    panics: AtomicBool,
}

static FAIL_TO_EVOLVE: AtomicBool = AtomicBool::new(false);

#[derive(Aggregate, Default)]
struct Account {
    cents: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
            bonus: 1,
        }
    }
    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, NotEnough> {
        let cents = command.cents;
        if cents > self.cents {
            return Err(NotEnough);
        }
        Ok(Withdrawn { cents })
    }
    fn close(&self, _: Close, outside: &Outside) -> Option<Withdrawn> {
        assert!(
            !outside.panics.load(Ordering::Relaxed),
            "as this test wants it"
        );
        (self.cents > 0).then_some(Withdrawn { cents: self.cents })
    }
    async fn deposit_aside(&self, command: DepositAside, outside: &Outside) -> Option<Deposited> {
        let app = outside.app.get().unwrap().clone();
        let deposit = async move {
            app.dispatch(Deposit {
                id: command.id,
                cents: 5,
            })
            .await
        };
        tokio::spawn(deposit).await.unwrap().unwrap();
        None
    }
    async fn deposit_from(&self, command: DepositFrom, outside: &Outside) -> Deposited {
        let app = outside.app.get().unwrap();
        let cents = 5;
        let id = command.other;
        app.dispatch(Withdraw { id, cents }).await.unwrap();
        Deposited { cents, bonus: 0 }
    }
    fn count(&self, _: Count) -> Counted {
        Counted { cents: self.cents }
    }
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents + event.bonus;
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
        let fails = event.cents == 13 && FAIL_TO_EVOLVE.swap(false, Ordering::Relaxed);
        assert!(!fails, "as this test wants it");
    }
    fn counted(&mut self, _: &Counted) {}
}

#[event]
struct Ticked;

#[command]
struct Tick {
    id: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(cache = false)]
struct Uncached;

#[handlers]
impl Uncached {
    fn tick(&self, _: Tick) -> Ticked {
        Ticked
    }
    fn ticked(&mut self, _: &Ticked) {}
}

async fn open_on(storage: Arc<dyn Storage>, entries: usize) -> Mink {
    let outside = Arc::new(Outside::default());
    let app = Mink::builder()
        .shared_storage(storage)
        .cached_aggregates(entries)
        .service::<Outside>(outside.clone())
        .open()
        .await
        .unwrap();
    outside.app.set(app.clone()).unwrap();
    app
}

async fn open() -> Mink {
    open_on(Arc::new(MemoryStore::new()), 100).await
}

async fn deposit(app: &Mink, cents: u64) {
    app.dispatch(Deposit { id: 1, cents }).await.unwrap();
}

fn hits_and_misses(app: &Mink) -> (u64, u64) {
    let CacheStats { hits, misses, .. } = app.cache_stats();
    (hits, misses)
}

#[tokio::test]
async fn a_dispatch_finds_the_aggregate_that_the_one_before_left() {
    let app = open().await;
    for _ in 0..4 {
        deposit(&app, 10).await;
    }
    assert_eq!(hits_and_misses(&app), (3, 1));
    let all = app.dispatch(Withdraw { id: 1, cents: 40 }).await.unwrap();
    assert_eq!(all.version(), 5);
}

#[tokio::test]
async fn a_cached_state_is_the_one_that_a_load_would_make() {
    let app = open().await;
    deposit(&app, 10).await;
    let receipt = app.dispatch(Count { id: 1 }).await.unwrap();
    assert_eq!(hits_and_misses(&app), (1, 1));
    // the bonus is not stored, so no load knows of it
    assert_eq!(receipt.event::<Counted>().unwrap().cents, 10);
    assert_eq!(app.load::<Account>(1).await.unwrap().cents, 10);
}

/// Two applications, as in two processes, on one store.
async fn two_nodes(one: Arc<dyn Storage>, other: Arc<dyn Storage>) {
    let (a, b) = (open_on(one, 100).await, open_on(other, 100).await);
    deposit(&b, 10).await;
    let refused = b.dispatch(Withdraw { id: 1, cents: 20 }).await.unwrap_err();
    assert_eq!(refused.rejection(), Some(&NotEnough));
    deposit(&a, 10).await;

    let receipt = b.dispatch(Withdraw { id: 1, cents: 20 }).await.unwrap();
    assert_eq!(receipt.version(), 3);
    let stats = b.cache_stats();
    assert_eq!((stats.confirmed, stats.outdated), (1, 1));

    // and a decision that is not made on the newest state is made anew
    let receipt = a.dispatch(Count { id: 1 }).await.unwrap();
    assert_eq!(receipt.version(), 4);
    assert_eq!(receipt.event::<Counted>().unwrap().cents, 0);
    let closed = b.dispatch(Close { id: 1 }).await.unwrap();
    assert_eq!((closed.version(), closed.events().len()), (4, 0));
}

#[tokio::test]
async fn a_warm_node_accepts_what_another_node_has_just_made_possible() {
    let store: Arc<dyn Storage> = Arc::new(MemoryStore::new());
    two_nodes(Arc::clone(&store), store).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_warm_node_on_sqlite_accepts_what_another_node_has_just_made_possible() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("nodes.db").display());
    let one = mink::storage::open(&url).await.unwrap();
    let other = mink::storage::open(&url).await.unwrap();
    two_nodes(one, other).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_warm_node_on_postgres_accepts_what_another_node_has_just_made_possible() {
    let server = std::env::var("MINK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("this test needs a PostgreSQL server: run it with `cargo xtask test -p mink`, or set MINK_TEST_POSTGRES_URL to the URL of one")
    });
    let id = mink::id::EventId::new().to_string().replace('-', "");
    let schema = format!("warm_{id}");
    let store = async || {
        let store = mink::postgres::PostgresStore::builder(&server).schema(&schema);
        store.open().await.unwrap()
    };
    two_nodes(Arc::new(store().await), Arc::new(store().await)).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
        .execute(store().await.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_refusal_on_a_state_that_still_holds_is_confirmed_and_the_state_kept() {
    let app = open().await;
    deposit(&app, 10).await;
    for confirmed in 1..4 {
        let refused = app.dispatch(Withdraw { id: 1, cents: 11 }).await;
        assert!(matches!(refused, Err(DispatchError::Rejected(NotEnough))));
        assert_eq!(app.cache_stats().confirmed, confirmed);
    }
    assert_eq!(hits_and_misses(&app), (3, 1));
}

#[tokio::test]
async fn an_append_beside_the_cache_is_noticed() {
    let app = open().await;
    deposit(&app, 10).await;
    let more = Deposited { cents: 5, bonus: 0 };
    app.append::<Account>(1, ExpectedVersion::Exact(1), more)
        .await
        .unwrap();
    let receipt = app.dispatch(Count { id: 1 }).await.unwrap();
    assert_eq!(
        (receipt.version(), receipt.event::<Counted>().unwrap().cents),
        (3, 15)
    );
}

#[tokio::test]
async fn a_handler_that_panics_leaves_no_aggregate_behind() {
    let app = open().await;
    deposit(&app, 10).await;
    let outside = Arc::new(Outside::default());
    outside.panics.store(true, Ordering::Relaxed);
    let failing = Mink::builder()
        .shared_storage(app.storage().clone())
        .service::<Outside>(outside.clone())
        .open()
        .await
        .unwrap();
    let closed = failing.dispatch(Close { id: 1 }).await;
    assert!(
        matches!(
            &closed,
            Err(DispatchError::Failed(CommandFault::Panicked { .. }))
        ),
        "{closed:?}"
    );
    outside.panics.store(false, Ordering::Relaxed);
    failing.dispatch(Close { id: 1 }).await.unwrap();
    assert_eq!(hits_and_misses(&failing), (0, 2));
}

#[tokio::test]
async fn a_panic_while_it_evolves_fails_no_commit_and_drops_the_aggregate() {
    let app = open().await;
    deposit(&app, 20).await;
    FAIL_TO_EVOLVE.store(true, Ordering::Relaxed);
    let receipt = app.dispatch(Withdraw { id: 1, cents: 13 }).await.unwrap();
    assert_eq!(receipt.version(), 2);
    let receipt = app.dispatch(Count { id: 1 }).await.unwrap();
    assert_eq!(receipt.event::<Counted>().unwrap().cents, 7);
    assert_eq!(hits_and_misses(&app), (1, 2));
}

#[tokio::test]
async fn a_dispatch_within_a_handler_does_not_wait_for_the_one_it_is_within() {
    let app = open().await;
    deposit(&app, 10).await;
    app.dispatch(Deposit { id: 2, cents: 10 }).await.unwrap();
    // one to the other and back again, at the same time
    let from = |id, other| app.dispatch(DepositFrom { id, other });
    let both = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(from(1, 2), from(2, 1))
    });
    let (one, other) = both.await.unwrap();
    one.unwrap();
    other.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_that_a_handler_waits_for_waits_a_moment_and_loads_another() {
    let app = open().await;
    deposit(&app, 10).await;
    let aside = tokio::time::timeout(
        Duration::from_secs(20),
        app.dispatch(DepositAside { id: 1 }),
    );
    // each attempt outdates itself: it gives up or ends, and does not hang
    let _ = aside.await.unwrap();
    assert!(app.load::<Account>(1).await.unwrap().version() > 1);
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_outcome_is_unknown_or_that_is_given_up_leaves_no_aggregate_behind() {
    let store = Scripted::new(|number, _| {
        async move {
            match number {
                1 => Fate::LostOnTheWay,
                3 => std::future::pending().await,
                _ => Fate::Done,
            }
        }
        .boxed()
    });
    let app = Mink::builder()
        .shared_storage(store)
        .service(Outside::default())
        .patience(Duration::ZERO)
        .open()
        .await
        .unwrap();
    deposit(&app, 10).await;
    let unknown = app.dispatch(Deposit { id: 1, cents: 10 }).await;
    assert!(unknown.unwrap_err().is_outcome_unknown());
    deposit(&app, 10).await;
    assert_eq!(hits_and_misses(&app), (1, 2));
    let given_up = app.dispatch(Deposit { id: 1, cents: 10 });
    let given_up = tokio::time::timeout(Duration::from_secs(1), given_up).await;
    assert!(given_up.is_err());
    let counted = app.dispatch(Withdraw { id: 1, cents: 21 }).await;
    assert!(matches!(counted, Err(DispatchError::Rejected(NotEnough))));
    assert_eq!(hits_and_misses(&app), (2, 3));
}

#[tokio::test]
async fn no_more_aggregates_are_kept_than_the_bound_says() {
    let app = open_on(Arc::new(MemoryStore::new()), 50).await;
    for id in 0..500 {
        app.dispatch(Deposit { id, cents: 1 }).await.unwrap();
    }
    let kept = app.cache_stats().entries;
    assert!((1..=50).contains(&kept), "{kept}");
}

#[tokio::test]
async fn an_application_and_an_aggregate_may_do_without() {
    let app = open_on(Arc::new(MemoryStore::new()), 0).await;
    deposit(&app, 10).await;
    deposit(&app, 10).await;
    assert_eq!(app.cache_stats(), CacheStats::default());
    let app = open().await;
    for _ in 0..3 {
        app.dispatch(Tick { id: 1 }).await.unwrap();
    }
    assert_eq!(app.cache_stats(), CacheStats::default());
}

#[tokio::test]
async fn tenants_share_no_aggregate() {
    let app = open().await;
    deposit(&app, 10).await;
    let acme = app.tenant("acme").unwrap();
    let refused = acme.dispatch(Withdraw { id: 1, cents: 1 }).await;
    assert!(matches!(refused, Err(DispatchError::Rejected(NotEnough))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_at_one_aggregate_queues_up_and_meets_no_conflict() {
    let app = open().await;
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move {
                let mut versions = Vec::new();
                for _ in 0..20 {
                    let receipt = app.dispatch(Deposit { id: 1, cents: 1 }).await.unwrap();
                    versions.push(receipt.version());
                }
                versions
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for task in tasks {
        seen.extend(task.await.unwrap());
    }
    assert_eq!(seen.len(), 640);
    let stats = app.cache_stats();
    assert_eq!(stats.hits + stats.misses, 640);
    assert!(stats.misses < 10, "{stats:?}");
}
