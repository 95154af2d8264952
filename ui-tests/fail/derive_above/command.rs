use mink::prelude::*;

#[derive(Debug)]
#[command]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
