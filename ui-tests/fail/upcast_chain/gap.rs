use mink::prelude::*;

fn same(value: serde_json::Value) -> serde_json::Value {
    value
}

#[event(version = 4, upcast(1 => same, 3 => same))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
