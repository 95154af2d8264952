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

trait Rates: Send + Sync {
    fn rate(&self) -> u32;
}

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder, rates: &impl Rates) -> OrderPlaced {
        let _ = rates.rate();
        OrderPlaced {
            customer: command.customer,
        }
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
