use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Line {
    #[serde(rename(serialize = "sku", deserialize = "item"))]
    sku: String,
}

fn main() {}
