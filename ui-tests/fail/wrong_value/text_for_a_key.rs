use mink::prelude::*;

#[event("order.placed")]
struct OrderPlaced {
    customer: String,
}

fn main() {}
