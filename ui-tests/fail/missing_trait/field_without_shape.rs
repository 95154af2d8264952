use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
struct Sku(String);

#[event]
struct LineAdded {
    sku: Sku,
}

fn main() {}
