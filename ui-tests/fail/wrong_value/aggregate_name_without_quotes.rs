use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(name = Order)]
struct Order;

fn main() {}
