use mink::prelude::*;

#[event(name = OrderPlaced)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
