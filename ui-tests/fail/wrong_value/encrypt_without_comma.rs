use mink::prelude::*;

#[event(encrypt = "email phone")]
struct OrderPlaced {
    email: String,
    phone: String,
}

fn main() {}
