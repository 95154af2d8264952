use mink::prelude::*;

#[derive(Aggregate)]
struct Order {
    placed: bool,
}

fn main() {}
