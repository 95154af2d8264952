use mink::prelude::*;

#[event(version = 2, format = "protobuf", upcast(1 => add_channel))]
struct OrderPlaced {
    channel: String,
}

fn add_channel(mut payload: serde_json::Value) -> serde_json::Value {
    payload["channel"] = "web".into();
    payload
}

fn main() {}
