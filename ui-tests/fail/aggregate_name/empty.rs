use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(name = "")]
struct Order;

fn main() {}
