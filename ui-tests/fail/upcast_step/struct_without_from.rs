use mink::prelude::*;

#[derive(serde::Deserialize)]
struct OrderPlacedV1 {
    customer: String,
}

#[event(version = 2, upcast(1 => OrderPlacedV1))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
