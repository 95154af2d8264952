use mink::prelude::*;

#[event]
struct OrderPlaced {
    #[mink(encrypted)]
    email: String,
}

fn main() {}
