use mink::prelude::*;

#[command(encrypt = "emial")]
struct PlaceOrder {
    order_id: String,
    email: String,
}

fn main() {}
