use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, Shape)]
struct Sku(String);

#[event]
struct LineAdded {
    sku: Sku,
}

fn main() {}
