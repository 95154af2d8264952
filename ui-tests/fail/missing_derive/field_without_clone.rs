use mink::prelude::*;

#[derive(PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Sku(String);

#[event]
struct LineAdded {
    sku: Sku,
}

fn main() {}
