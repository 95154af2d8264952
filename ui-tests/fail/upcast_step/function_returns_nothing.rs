use mink::prelude::*;

fn add_channel(json: &mut serde_json::Value) {
    json["channel"] = "web".into();
}

#[event(version = 2, upcast(1 => add_channel))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
