use mink::prelude::*;

#[event(version = 2, format_since = 2)]
struct OrderPlaced {
    a: u8,
}

fn main() {}
