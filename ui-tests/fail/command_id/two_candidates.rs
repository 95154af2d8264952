use mink::prelude::*;

#[command]
struct PlaceOrder {
    order_id: String,
    customer_id: String,
}

fn main() {}
