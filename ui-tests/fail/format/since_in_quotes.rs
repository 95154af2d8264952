use mink::prelude::*;

#[event(format = "avro", format_since = "1")]
struct OrderPlaced {
    a: u8,
}

fn main() {}
