use mink::prelude::*;

#[event(format = "avro", format_since = 0)]
struct OrderPlaced {
    a: u8,
}

fn main() {}
