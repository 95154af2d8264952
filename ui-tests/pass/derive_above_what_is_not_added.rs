//! A derive above the attribute does no harm when the attribute does not add the same trait.

use mink::prelude::*;

#[derive(Eq, Hash)]
#[event]
#[derive(PartialOrd)]
struct OrderCancelled;

#[derive(Debug, Clone)]
#[event(derive(none))]
#[derive(serde::Serialize, serde::Deserialize)]
struct OrderClosed;

fn main() {
    let _ = (OrderCancelled, OrderClosed);
}
