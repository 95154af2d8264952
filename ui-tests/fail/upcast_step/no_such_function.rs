use mink::prelude::*;

#[event(version = 2, upcast(1 => add_channel))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
