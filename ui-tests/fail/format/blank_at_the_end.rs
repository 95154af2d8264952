use mink::prelude::*;

#[event(format = "cbor ")]
struct OrderPlaced {
    a: u8,
}

fn main() {}
