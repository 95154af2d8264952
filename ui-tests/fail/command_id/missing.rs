use mink::prelude::*;

#[command]
struct PlaceOrder {
    customer: String,
}

fn main() {}
