use mink::prelude::*;

#[derive(Default)]
struct Basket<T> {
    items: Vec<T>,
}

#[handlers]
impl<T> Basket<T> {}

fn main() {}
