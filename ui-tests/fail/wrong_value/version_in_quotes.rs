use mink::prelude::*;

#[event(version = "2")]
struct OrderPlaced {
    customer: String,
}

fn main() {}
