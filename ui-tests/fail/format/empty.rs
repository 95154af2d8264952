use mink::prelude::*;

#[event(format = "")]
struct OrderPlaced {
    a: u8,
}

fn main() {}
