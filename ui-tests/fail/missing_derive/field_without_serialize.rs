use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Deserialize, Shape)]
struct Sku(String);

#[event]
struct LineAdded {
    sku: Sku,
}

fn main() {}
