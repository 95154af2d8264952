use mink::prelude::*;

#[event(version)]
struct OrderPlaced {
    customer: String,
}

fn main() {}
