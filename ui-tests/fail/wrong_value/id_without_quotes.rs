use mink::prelude::*;

#[command(id = order_id)]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
