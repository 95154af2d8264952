use mink::prelude::*;

#[event(format("json", "msgpack"))]
struct OrderPlaced {
    a: u8,
}

fn main() {}
