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

struct Currency;

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder) -> OrderPlaced {
        OrderPlaced {
            customer: command.customer,
        }
    }

    fn worth(&self, currency: Currency) -> Option<OrderPlaced> {
        let _ = currency;
        None
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
