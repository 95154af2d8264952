use mink::prelude::*;

fn add_channel(json: String) -> String {
    json
}

#[event(version = 2, upcast(1 => add_channel))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
