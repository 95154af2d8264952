use mink::prelude::*;

#[event(version = 2 encrypt = "email")]
struct OrderPlaced {
    email: String,
}

fn main() {}
