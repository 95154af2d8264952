//! The forms that are fixed: `#[event]` with and without keys, `#[command]`, `#[derive(Aggregate)]`, `#[handlers]`.

use mink::prelude::*;

#[event(version = 2, encrypt = "email")]
pub struct OrderPlaced {
    pub customer: String,
    pub email: String,
}

#[event]
pub struct OrderCancelled;

#[command]
pub struct PlaceOrder {
    pub order_id: String,
    pub customer: String,
    pub email: String,
}

#[derive(Aggregate, Default)]
pub struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder) -> OrderPlaced {
        OrderPlaced {
            customer: command.customer,
            email: command.email,
        }
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
    fn cancelled(&mut self, _: &OrderCancelled) {
        self.placed = false;
    }
}

fn main() {}
