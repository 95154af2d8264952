use mink::prelude::*;

/// A customer placed an order.
#[derive(serde::Serialize, serde::Deserialize)]
#[event(version = 2, encrypt = "email")]
struct OrderPlaced {
    email: String,
}

fn main() {}
