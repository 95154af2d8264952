use mink::prelude::*;

#[event(versoin = 2)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
