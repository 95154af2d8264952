//! The aggregate of a shop. A program links it with `use shop_domain as _;` and names nothing in it.

use mink::prelude::*;
use shop_messages::{commands, events};

/// An order.
#[derive(Aggregate, Default)]
pub struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    fn place(&self, command: commands::PlaceOrder) -> Option<events::OrderPlaced> {
        (!self.placed).then_some(events::OrderPlaced {
            customer: command.customer,
        })
    }
    fn placed(&mut self, _: &events::OrderPlaced) {
        self.placed = true;
    }
}
