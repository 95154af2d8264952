use mink::prelude::*;

#[derive(Aggregate)]
struct Order;

#[handlers]
impl Default for Order {
    fn default() -> Self {
        Self
    }
}

fn main() {}
