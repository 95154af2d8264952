use mink::prelude::*;

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
struct Sku(String);

#[event(encrypt = "customer")]
struct LineAdded {
    sku: Sku,
    customer: String,
}

fn main() {}
