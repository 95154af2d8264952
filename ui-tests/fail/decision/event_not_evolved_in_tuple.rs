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

#[event]
struct MailSent;

#[handlers]
impl Order {
    fn place(&self, command: PlaceOrder) -> (OrderPlaced, MailSent) {
        let customer = command.customer;
        (OrderPlaced { customer }, MailSent)
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
