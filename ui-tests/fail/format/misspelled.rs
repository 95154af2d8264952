use mink::prelude::*;

#[event(fromat = "json")]
struct OrderPlaced {
    a: u8,
}

fn main() {}
