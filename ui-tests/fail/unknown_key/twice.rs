use mink::prelude::*;

#[event(version = 2, version = 3)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
