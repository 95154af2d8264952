use mink::prelude::*;

#[event(encrypt = "email")]
struct OrderPlaced {
    #[serde(skip)]
    email: String,
}

fn main() {}
