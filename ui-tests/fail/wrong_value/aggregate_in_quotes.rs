use mink::prelude::*;

#[command(aggregate = "Order")]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
