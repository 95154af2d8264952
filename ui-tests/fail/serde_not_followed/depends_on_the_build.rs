use mink::prelude::*;

#[event]
struct LineAdded {
    #[cfg_attr(all(), serde(rename = "item"))]
    sku: String,
}

fn main() {}
