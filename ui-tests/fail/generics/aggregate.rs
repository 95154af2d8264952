use mink::prelude::*;

#[derive(Aggregate, Default)]
struct Basket<T> {
    items: Vec<T>,
}

fn main() {}
