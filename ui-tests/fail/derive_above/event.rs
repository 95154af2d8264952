use mink::prelude::*;

#[derive(Debug, Clone)]
#[event]
struct OrderPlaced {
    customer: String,
}

fn main() {}
