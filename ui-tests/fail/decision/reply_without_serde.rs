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

struct OrderNumber(u64);

#[derive(Aggregate, Default)]
struct Order {
    placed: bool,
}

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder) -> Replying<OrderPlaced, OrderNumber> {
        let customer = command.customer;
        Replying(OrderPlaced { customer }, OrderNumber(7))
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
