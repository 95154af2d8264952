//! A program whose declarations do not fit together.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

// ANCHOR: faults
use mink::prelude::*;

pub mod import {
    #[mink::event]
    pub struct OrderPlaced {
        pub file: String,
    }
}

#[event]
pub struct OrderPlaced {
    pub customer: String,
}

#[command]
pub struct PlaceOrder {
    pub order_id: u64,
}

#[command]
pub struct CancelOrder {
    pub order_id: u64,
}

pub struct Greeter(pub String);

#[derive(Aggregate, Default)]
pub struct Order;

#[handlers]
impl Order {
    fn place(&self, _: PlaceOrder, greeter: &Greeter) -> OrderPlaced {
        OrderPlaced {
            customer: greeter.0.clone(),
        }
    }
    fn placed(&mut self, _: &OrderPlaced) {}
}
// ANCHOR_END: faults

#[tokio::test]
async fn every_fault_is_reported_at_once() {
    let refused = Mink::open("memory://").await.err().unwrap();
    support::assert_shown("faults.txt", &refused.to_string());
}
