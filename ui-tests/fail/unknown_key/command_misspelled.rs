use mink::prelude::*;

#[command(idd = "order_id")]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
