use mink::prelude::*;

#[command]
struct PlaceOrder {
    order_id: Option<String>,
}

fn main() {}
