use mink::prelude::*;

#[derive(Aggregate, Default)]
struct Order;

#[handlers(aggregate)]
impl Order {}

fn main() {}
