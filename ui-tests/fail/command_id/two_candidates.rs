use mink::prelude::*;

#[command]
struct PlaceOrder {
    order_id: String,
    customer_id: String,
}

#[derive(Aggregate, Default)]
struct Order;

#[handlers]
impl Order {
    fn place(&self, _: PlaceOrder) {}
}

fn main() {}
