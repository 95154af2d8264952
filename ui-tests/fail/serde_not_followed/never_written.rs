use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Line {
    #[serde(skip_serializing)]
    sku: String,
}

fn main() {}
