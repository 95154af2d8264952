use mink::prelude::*;

#[event(version = 2, format = "avro", format_since = 3)]
struct OrderPlaced {
    a: u8,
}

fn main() {}
