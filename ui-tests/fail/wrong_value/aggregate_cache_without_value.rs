use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(cache)]
struct Order;

fn main() {}
