use mink::prelude::*;

#[command(local = true)]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
