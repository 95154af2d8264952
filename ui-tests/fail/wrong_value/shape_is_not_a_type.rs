use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Line {
    #[mink(shape = "Vec<")]
    sku: String,
}

fn main() {}
