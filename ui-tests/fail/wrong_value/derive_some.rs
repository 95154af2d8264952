use mink::prelude::*;

#[event(derive(Debug))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
