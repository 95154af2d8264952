use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, Shape)]
struct Sku(String);

#[event]
struct LineAdded {
    sku: Sku,
}

fn main() {}
