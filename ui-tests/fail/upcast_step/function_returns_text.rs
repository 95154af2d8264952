use mink::prelude::*;

fn add_channel(json: serde_json::Value) -> String {
    json.to_string()
}

#[event(version = 2, upcast(1 => add_channel))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
