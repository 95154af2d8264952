use mink::prelude::*;

#[event(stream = "orders")]
struct OrderPlaced {
    customer: String,
}

fn main() {}
