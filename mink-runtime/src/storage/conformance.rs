//! The rules that every storage adapter keeps, as tests that an adapter's author runs.
//!
//! **Problem.** A store that is nearly right loses an event once in a million commits.
//! **Mechanism.** Each promise of [`Storage`](super::Storage) is one [`Rule`] with a name that reads as a
//! sentence. [`storage_conformance!`](crate::storage_conformance) makes one `#[test]` of each. Every rule is tried
//! for two tenants, one after the other in the same store, with equal stream ids and equal event ids; the
//! tenant whose turn it is not must not notice anything.
//! **Cost.** Seconds on a store in memory, and a fresh store for each rule.
//! **What the caller must do.** Give a [`Harness`] that makes fresh, empty stores.
//!
//! # Proving an adapter
//!
//! Enable the feature `conformance` of `mink-runtime` for tests only:
//!
//! ```toml
//! [dev-dependencies]
//! mink-runtime = { version = "0.1", features = ["conformance"] }
//! ```
//!
//! Then write one integration test, as `tests/conformance.rs`:
//!
//! ```
//! use std::sync::Arc;
//! use mink_runtime::storage::MemoryStore;
//!
//! mink_runtime::storage_conformance! {
//!     || async { Arc::new(MemoryStore::new()) }
//! }
//! ```
//!
//! A store that other processes can open too says how, so that the rules for two nodes and for reopening are
//! tried as well; a [`Subject`] also keeps alive what the store lives in:
//!
//! ```
//! # use std::sync::Arc;
//! # use mink_runtime::storage::{MemoryStore, Storage, conformance::Subject};
//! # async fn open(_path: &std::path::Path) -> Arc<dyn Storage> { Arc::new(MemoryStore::new()) }
//! # struct TempDir; impl TempDir { fn path(&self) -> &std::path::Path { std::path::Path::new("") } }
//! # fn tempdir() -> TempDir { TempDir }
//! mink_runtime::storage_conformance! {
//!     || async {
//!         let directory = Arc::new(tempdir());
//!         let store = open(directory.path()).await;
//!         Subject::new(store)
//!             .opened_again_by({
//!                 let directory = directory.clone();
//!                 move || {
//!                     let directory = directory.clone();
//!                     async move { open(directory.path()).await }
//!                 }
//!             })
//!             .keeping(directory)
//!     }
//! }
//! ```
//!
//! `cargo test --test conformance` then runs every rule, and `cargo test --test conformance two_racers` one. To try
//! two configurations in one file, call the macro in two modules. Each test builds a tokio runtime of its own, so
//! the adapter's author depends on nothing besides `mink-runtime`.
//!
//! A rule retries [`CommitError::Busy`](super::CommitError::Busy), and gives up after [`PATIENCE`] for one tenant.
//! The random rule prints its seed when it fails; the environment variable `MINK_CONFORMANCE_SEED` repeats it.

mod appending;
mod expecting;
mod feed;
mod ground;
mod harness;
mod keyed;
mod keys;
mod lifecycle;
mod listing;
mod model;
mod naming;
mod payloads;
mod racing;
mod reading;
mod recognition;
mod removing;
mod rules;
mod snapshots;
mod visiting;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use self::ground::{Estate, Ground};
pub use self::harness::{Harness, Subject};
pub use self::rules::rules;
use crate::id::TenantId;

/// How long a rule may take for one tenant before it counts as broken.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// One promise of [`Storage`](super::Storage) that can be tried.
pub struct Rule {
    /// The name of its test.
    pub name: &'static str,
    /// What it is about: `appending`, `feed`, ...
    pub theme: &'static str,
    /// What the store promises.
    pub sentence: &'static str,
    run: fn(Ground) -> BoxFuture<'static, ()>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .field("theme", &self.theme)
            .field("sentence", &self.sentence)
            .finish_non_exhaustive()
    }
}

/// Tries one rule, on a runtime of its own.
///
/// # Panics
/// When the store breaks the rule, with a sentence that says which promise; and when there is no such rule.
pub fn check(rule: &str, harness: impl Harness) {
    let rule = rules()
        .iter()
        .find(|known| known.name == rule)
        .unwrap_or_else(|| panic!("there is no rule `{rule}`"));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("a tokio runtime for the rule cannot be built: {error}"))
        .block_on(rule.check(Arc::new(harness)));
}

impl Rule {
    async fn check(&self, harness: Arc<dyn Harness>) {
        let default = TenantId::default();
        let acme = TenantId::new("acme").unwrap_or_else(|error| panic!("{error}"));
        let subject = harness.fresh().await;
        if subject.lacks(self.theme) {
            eprintln!("the store does not offer what this rule is about: it holds trivially");
            subject.store().close().await;
            return;
        }
        for (tenant, other) in [(&default, &acme), (&acme, &default)] {
            let on_failure = Context { rule: self, tenant };
            let ground = |tenant: &TenantId, other: &TenantId| {
                Ground::new(
                    subject.clone(),
                    harness.clone(),
                    tenant.clone(),
                    other.clone(),
                )
            };
            let turn = async {
                let bystander = ground(other, tenant);
                let before = Estate::of(&bystander).await;
                (self.run)(ground(tenant, other)).await;
                Estate::of(&bystander).await.expect_unmoved(&before, other);
            };
            if tokio::time::timeout(PATIENCE, turn).await.is_err() {
                panic!("the store hangs: the rule did not end within {PATIENCE:?}");
            }
            drop(on_failure);
        }
        subject.store().close().await;
    }
}

/// Says which rule was tried for whom, behind the panic's own message.
struct Context<'a> {
    rule: &'a Rule,
    tenant: &'a TenantId,
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "broken, as tenant {:?}: {} (rule `{}`)",
                self.tenant, self.rule.sentence, self.rule.name
            );
        }
    }
}

/// Makes one `#[test]` per [rule](crate::storage::conformance::rules) for the stores that a
/// [`Harness`](crate::storage::conformance::Harness) makes. See [`conformance`](crate::storage::conformance).
#[macro_export]
macro_rules! storage_conformance {
    ($harness:expr $(,)?) => {
        $crate::__storage_rules! { tests [$harness] }
    };
}
