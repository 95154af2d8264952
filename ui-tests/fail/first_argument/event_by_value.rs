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
    fn placed(&mut self, event: OrderPlaced) {
        self.placed = !event.customer.is_empty();
    }
}

fn main() {}
