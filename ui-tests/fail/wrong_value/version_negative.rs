use mink::prelude::*;

#[event(version = -1)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
