use mink::prelude::*;

#[event]
pub struct OrderPlaced {
    customer: String,
}

#[command]
pub struct PlaceOrder {
    order_id: String,
    customer: String,
}

#[derive(Debug)]
enum OrderError {}

impl std::fmt::Display for OrderError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for OrderError {}

#[derive(Aggregate, Default)]
pub struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder) -> Result<OrderPlaced, OrderError> {
        Ok(OrderPlaced {
            customer: command.customer,
        })
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
