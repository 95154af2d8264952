use mink::prelude::*;

#[derive(Aggregate, Default)]
struct Order;

impl Order {
    #[handlers]
    fn place(&self) {}
}

fn main() {}
