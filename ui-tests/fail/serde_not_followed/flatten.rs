use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Line {
    #[serde(flatten)]
    price: Price,
}

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Price {
    amount: u64,
}

fn main() {}
