use mink::prelude::*;

#[handlers]
#[derive(Aggregate, Default)]
struct Order;

fn main() {}
