use mink::prelude::*;

#[event(format = "protobuf")]
struct OrderPlaced {
    customer: String,
}

fn main() {}
