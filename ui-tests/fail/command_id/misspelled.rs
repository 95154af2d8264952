use mink::prelude::*;

#[command(id = "oder_id")]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
