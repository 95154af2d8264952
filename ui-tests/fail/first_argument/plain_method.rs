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
    fn has_room(&self, lines: usize) -> bool {
        self.placed && lines < 100
    }
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

fn main() {}
