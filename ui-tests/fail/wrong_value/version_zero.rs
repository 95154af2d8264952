use mink::prelude::*;

#[event(version = 0)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
