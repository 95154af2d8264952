use mink::prelude::*;

#[event(encrypt = "telephone")]
struct OrderPlaced {
    customer: String,
    email: String,
}

fn main() {}
