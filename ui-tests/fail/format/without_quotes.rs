use mink::prelude::*;

#[event(format = msgpack)]
struct OrderPlaced {
    a: u8,
}

fn main() {}
