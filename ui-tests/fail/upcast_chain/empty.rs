use mink::prelude::*;

#[event(version = 2, upcast())]
struct OrderPlaced {
    customer: String,
}

fn main() {}
