use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(snapshot(every = 100))]
struct Order {
    placed: bool,
}

fn main() {}
