//! Which snapshots are used, and which are as none.

use std::sync::Arc;

use mink::aggregate::{AggregateHandlers, Snapshotted};
use mink::id::{StreamId, TenantId};
use mink::prelude::*;
use mink::registry::Registry;
use mink::storage::{Fingerprint, Format, MemoryStore, Snapshot, Snapshots as _, Storage};

use super::until;

/// A program that deposits cents: each module below is one version of it.
macro_rules! program {
    ($name:ident, [$($event:tt)*], [$($aggregate:tt)*], $balance:ty, $evolve:expr) => {
        pub(super) mod $name {
            use super::*;

            #[event($($event)*)]
            pub(in super::super) struct Deposited {
                pub(in super::super) cents: u32,
            }

            #[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
            #[aggregate(name = "Account", snapshot($($aggregate)*))]
            pub(in super::super) struct Account {
                pub(in super::super) balance: $balance,
            }

            #[handlers]
            impl Account {
                fn deposited(&mut self, event: &Deposited) {
                    let evolve: fn(&mut $balance, u32) = $evolve;
                    evolve(&mut self.balance, event.cents);
                }
            }

            pub(in super::super) fn registry() -> Registry {
                Registry::by_hand().event::<Deposited>().aggregate::<Account>().build()
            }
        }
    };
}

program!(first, [], [every = 3], u32, |balance, cents| *balance +=
    cents);
program!(other_shape, [], [every = 3], String, |balance, cents| {
    let sum = balance.parse::<u32>().unwrap_or(0) + cents;
    *balance = sum.to_string();
});
program!(
    corrected,
    [],
    [every = 3, version = 2],
    u32,
    |balance, cents| {
        *balance += 2 * cents;
    }
);
mod newer_event {
    use super::*;

    #[event(version = 2, upcast(1 => doubled))]
    pub(super) struct Deposited {
        pub(super) cents: u32,
    }

    #[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
    #[aggregate(name = "Account", snapshot(every = 3))]
    pub(super) struct Account {
        pub(super) balance: u32,
    }

    #[handlers]
    impl Account {
        fn deposited(&mut self, event: &Deposited) {
            self.balance += event.cents;
        }
    }

    pub(super) fn registry() -> Registry {
        Registry::by_hand()
            .event::<Deposited>()
            .aggregate::<Account>()
            .build()
    }
}

program!(other_policy, [], [bytes = 1], u32, |balance, cents| {
    *balance += cents
});

fn doubled(mut payload: serde_json::Value) -> serde_json::Value {
    payload["cents"] = (payload["cents"].as_u64().unwrap() * 2).into();
    payload
}

async fn open(store: &Arc<MemoryStore>, registry: Registry) -> Mink {
    Mink::builder()
        .shared_storage(Arc::clone(store) as Arc<dyn Storage>)
        .registry(registry)
        .open()
        .await
        .unwrap()
}

/// A store with five deposits of one cent, and the snapshot that the first program took.
async fn first_program() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let app = open(&store, first::registry()).await;
    let deposits: Vec<_> = (0..5).map(|_| first::Deposited { cents: 1 }).collect();
    app.append::<first::Account>(1, ExpectedVersion::NoStream, deposits)
        .await
        .unwrap();
    app.snapshot::<first::Account>(1).await.unwrap();
    store
}

#[tokio::test]
async fn a_snapshot_of_an_older_shape_is_ignored_and_replaced() {
    let store = first_program().await;
    let app = open(&store, other_shape::registry()).await;
    let account = app.load::<other_shape::Account>(1).await.unwrap();
    assert_eq!((account.balance.as_str(), account.version()), ("5", 5));
    let stats = until(&app, |stats| stats.taken == 1).await;
    assert_eq!((stats.used, stats.unreadable), (0, 0));
    let account = app.load::<other_shape::Account>(1).await.unwrap();
    assert_eq!(account.balance, "5");
    assert_eq!(app.snapshot_stats().used, 1);
}

#[tokio::test]
async fn a_snapshot_from_before_an_evolving_method_was_corrected_is_ignored() {
    let store = first_program().await;
    let app = open(&store, corrected::registry()).await;
    assert_eq!(app.load::<corrected::Account>(1).await.unwrap().balance, 10);
    assert_eq!(app.snapshot_stats().used, 0);
}

#[tokio::test]
async fn a_snapshot_from_before_an_event_got_a_new_version_is_ignored() {
    let store = first_program().await;
    let app = open(&store, newer_event::registry()).await;
    assert_eq!(
        app.load::<newer_event::Account>(1).await.unwrap().balance,
        10
    );
    assert_eq!(app.snapshot_stats().used, 0);
}

#[tokio::test]
async fn a_snapshot_outlives_a_change_of_when_they_are_taken() {
    let store = first_program().await;
    let app = open(&store, other_policy::registry()).await;
    assert_eq!(
        app.load::<other_policy::Account>(1).await.unwrap().balance,
        5
    );
    assert_eq!(app.snapshot_stats().used, 1);
}

#[test]
fn every_program_has_its_fingerprint() {
    let of = |fingerprint: Fingerprint| fingerprint.0;
    let first = of(first::Account::POLICY.fingerprint());
    assert_eq!(first, of(other_policy::Account::POLICY.fingerprint()));
    for other in [
        of(other_shape::Account::POLICY.fingerprint()),
        of(corrected::Account::POLICY.fingerprint()),
        of(newer_event::Account::POLICY.fingerprint()),
    ] {
        assert_ne!(first, other);
    }
    assert_eq!(first::Account::EVOLVERS[0].version, 1);
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_deleted_and_the_events_tell_the_state() {
    for (format, payload) in [
        (Format::Json, r#"{"balance":"five"}"#),
        (Format::Json, r#"{"balance":"#),
        (Format::Binary("strange".into()), r#"{"balance":7}"#),
    ] {
        let store = first_program().await;
        let app = open(&store, first::registry()).await;
        let tenant = TenantId::default();
        app.delete_all_snapshots().await.unwrap();
        let damaged = Snapshot {
            tenant,
            stream: StreamId::new("Account-1").unwrap(),
            version: 4,
            fingerprint: first::Account::POLICY.fingerprint(),
            format,
            payload: payload.into(),
            taken_at: chrono::DateTime::UNIX_EPOCH,
        };
        assert!(store.save_snapshot(&damaged).await.unwrap());
        let account = app.load::<first::Account>(1).await.unwrap();
        assert_eq!((account.balance, account.version()), (5, 5));
        let stats = until(&app, |stats| stats.taken == 1).await;
        assert_eq!((stats.unreadable, stats.used), (1, 0));
        let account = app.load::<first::Account>(1).await.unwrap();
        assert_eq!((account.balance, app.snapshot_stats().used), (5, 1));
    }
}
