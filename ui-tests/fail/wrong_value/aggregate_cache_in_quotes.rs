use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(cache = "no")]
struct Order;

fn main() {}
