use mink::prelude::*;

#[event]
struct OrderPlaced<'a> {
    customer: &'a str,
}

fn main() {}
