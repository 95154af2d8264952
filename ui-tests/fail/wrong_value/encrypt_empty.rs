use mink::prelude::*;

#[event(encrypt = "")]
struct OrderPlaced {
    email: String,
}

fn main() {}
