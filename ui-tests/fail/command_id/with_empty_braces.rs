use mink::prelude::*;

#[command]
struct CloseShop {}

#[derive(Aggregate, Default)]
struct Order;

#[handlers]
impl Order {
    fn place(&self, _: CloseShop) {}
}

fn main() {}
