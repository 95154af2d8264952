//! What an operator sees of a running application.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "observed/metrics.rs"]
mod metrics;
#[path = "observed/spans.rs"]
mod spans;
#[path = "observed/trace.rs"]
mod trace;

use mink::prelude::*;
use mink::storage::MemoryStore;

#[event]
pub struct Deposited {
    pub cents: u64,
}

#[command]
pub struct Deposit {
    pub account_id: String,
    pub cents: u64,
}

#[derive(Aggregate, Default)]
pub struct Account {
    cents: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
}

fn deposit(id: &str, cents: u64) -> Deposit {
    Deposit {
        account_id: id.to_owned(),
        cents,
    }
}

async fn open(service: &str) -> (Mink, MemoryStore) {
    spans::ask_every_subscriber();
    let store = MemoryStore::new();
    let builder = Mink::builder()
        .storage(store.clone())
        .service_name(service)
        .cached_aggregates(0);
    (builder.open().await.unwrap(), store)
}
