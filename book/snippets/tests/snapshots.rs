//! Aggregates in memory, and snapshots of them.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

use mink::prelude::*;

#[event]
pub struct Paid {
    pub cents: u64,
}

#[event]
pub struct Spent {
    pub cents: u64,
}

#[command]
pub struct Pay {
    pub purse_id: u64,
    pub cents: u64,
}

#[command]
pub struct Spend {
    pub purse_id: u64,
    pub cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("there is not enough in the purse")]
pub struct NotEnough;

#[derive(Aggregate, Default)]
pub struct Purse {
    cents: u64,
}

#[handlers]
impl Purse {
    fn pay(&self, command: Pay) -> Paid {
        Paid {
            cents: command.cents,
        }
    }
    fn spend(&self, command: Spend) -> Result<Spent, NotEnough> {
        let cents = command.cents;
        if cents > self.cents {
            return Err(NotEnough);
        }
        Ok(Spent { cents })
    }
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }
    fn spent(&mut self, event: &Spent) {
        self.cents -= event.cents;
    }
}

// ANCHOR: uncached
#[derive(Aggregate, Default)]
#[aggregate(cache = false)]
pub struct Map {
    pub tiles: Vec<u8>,
}
// ANCHOR_END: uncached

#[handlers]
impl Map {}

#[tokio::test]
async fn a_process_accepts_what_another_one_has_just_made_possible() -> mink::Result<()> {
    let first = Mink::open("memory://").await?;
    let open = Mink::builder().shared_storage(first.storage().clone());
    let second = open.open().await?;
    let purse_id = 1;
    // ANCHOR: two_nodes
    // the second process remembers a purse with 10
    second
        .dispatch(Pay {
            purse_id,
            cents: 10,
        })
        .await?;
    first
        .dispatch(Pay {
            purse_id,
            cents: 10,
        })
        .await?;
    // what it remembers says no, and the store says yes
    second
        .dispatch(Spend {
            purse_id,
            cents: 20,
        })
        .await?;
    // ANCHOR_END: two_nodes
    assert_eq!(second.load::<Purse>(1).await?.version(), 3);
    Ok(())
}

// ANCHOR: policy
#[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
#[aggregate(snapshot(every = 100, after = "1 day"))]
pub struct Account {
    cents: u64,
}
// ANCHOR_END: policy

#[handlers]
impl Account {
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }
}

// ANCHOR: version
#[derive(Aggregate, Default, serde::Serialize, serde::Deserialize, Shape)]
#[aggregate(snapshot(every = 100, version = 2))]
pub struct Ledger {
    cents: u64,
}
// ANCHOR_END: version

#[handlers]
impl Ledger {
    fn paid(&mut self, event: &Paid) {
        self.cents += event.cents;
    }
}

#[tokio::test]
async fn a_snapshot_is_taken_and_deleted() -> mink::Result<()> {
    let app = Mink::open("memory://").await?;
    app.append::<Account>(7, ExpectedVersion::NoStream, Paid { cents: 5 })
        .await?;
    // ANCHOR: on_demand
    let taken = app.snapshot::<Account>(7).await.unwrap();
    assert_eq!(taken.version, 1);
    // ANCHOR_END: on_demand
    assert_eq!(app.load::<Account>(7).await?.cents, 5);
    assert_eq!(app.snapshot_stats().used, 1);
    // ANCHOR: delete
    app.delete_snapshot::<Account>(7).await?;
    app.delete_all_snapshots().await?; // of this tenant
    // ANCHOR_END: delete
    assert_eq!(app.load::<Account>(7).await?.cents, 5);
    assert_eq!(app.snapshot_stats().used, 1);
    app.append::<Ledger>(7, ExpectedVersion::NoStream, Paid { cents: 5 })
        .await?;
    assert_eq!(app.load::<Ledger>(7).await?.cents, 5);
    Ok(())
}

#[tokio::test]
async fn the_bound_is_set_where_the_application_is_opened() -> mink::Result<()> {
    // ANCHOR: bound
    let app = Mink::builder()
        .url("memory://")
        .cached_aggregates(50_000) // 0 keeps none
        .open()
        .await?;
    // ANCHOR_END: bound
    for _ in 0..2 {
        let purse_id = 1;
        app.dispatch(Pay { purse_id, cents: 1 }).await?;
    }
    assert_eq!(app.cache_stats().hits, 1);
    Ok(())
}
