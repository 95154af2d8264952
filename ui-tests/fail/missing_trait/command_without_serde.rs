use mink::prelude::*;

#[command(derive(none))]
#[derive(Clone)]
struct PlaceOrder {
    order_id: String,
}

fn main() {}
