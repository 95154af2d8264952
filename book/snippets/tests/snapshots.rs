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
