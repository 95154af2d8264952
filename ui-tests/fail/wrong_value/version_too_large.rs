use mink::prelude::*;

#[event(version = 5000000000)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
