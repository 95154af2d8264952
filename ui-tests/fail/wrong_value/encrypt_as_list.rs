use mink::prelude::*;

#[event(encrypt("email"))]
struct OrderPlaced {
    email: String,
}

fn main() {}
