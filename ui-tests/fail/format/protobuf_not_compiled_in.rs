use mink::prelude::*;

#[event(format = "protobuf")]
struct OrderPlaced {
    a: u8,
}

fn main() {}
