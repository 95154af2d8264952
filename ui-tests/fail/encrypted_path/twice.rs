use mink::prelude::*;

#[event(encrypt = "email")]
struct OrderPlaced {
    #[mink(encrypt)]
    email: String,
}

fn main() {}
