use mink::prelude::*;

#[command]
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
