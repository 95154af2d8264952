use mink::prelude::*;

#[command(aggregate = Order)]
struct PlaceOrder {
    customer: String,
}

#[derive(Aggregate, Default)]
struct Order;

#[handlers]
impl Order {
    fn place(&self, _: PlaceOrder) {}
}

fn main() {}
