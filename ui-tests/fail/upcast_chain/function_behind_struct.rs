use mink::prelude::*;

fn same(value: serde_json::Value) -> serde_json::Value {
    value
}

#[derive(serde::Deserialize)]
struct OrderPlacedV1 {
    customer: String,
}

#[event(version = 3, upcast(1 => OrderPlacedV1, 2 => same))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
