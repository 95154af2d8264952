use mink::prelude::*;

#[event]
struct OrderPlaced {
    customer: String,
}

#[command]
struct PlaceOrder {
    order_id: String,
    customer: String,
}

#[derive(Aggregate, Default)]
struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    fn place<C: Into<PlaceOrder>>(&self, command: C) -> OrderPlaced {
        OrderPlaced {
            customer: command.into().customer,
        }
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
