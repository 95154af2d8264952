use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(nam = "Order")]
struct Order;

fn main() {}
