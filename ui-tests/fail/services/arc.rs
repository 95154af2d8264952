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

struct Rates;

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder, rates: std::sync::Arc<Rates>) -> OrderPlaced {
        let _ = rates;
        OrderPlaced {
            customer: command.customer,
        }
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
