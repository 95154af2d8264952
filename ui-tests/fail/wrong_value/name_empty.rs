use mink::prelude::*;

#[event(name = "")]
struct OrderPlaced {
    customer: String,
}

fn main() {}
