use mink::prelude::*;

#[event(version = 2, encrypt = "emial")]
struct OrderPlaced {
    customer: String,
    email: String,
}

fn main() {}
