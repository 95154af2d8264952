use mink::prelude::*;

#[event(format = "MessagePack")]
struct OrderPlaced {
    a: u8,
}

fn main() {}
