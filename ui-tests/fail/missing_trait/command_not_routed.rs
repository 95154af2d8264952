use mink::prelude::*;

#[command(aggregate = Order)]
struct PlaceOrder {
    order_id: String,
}

#[derive(Aggregate, Default)]
struct Order;

#[handlers]
impl Order {}

fn main() {}
