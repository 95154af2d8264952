use mink::prelude::*;

#[event]
struct LineAdded {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

fn main() {}
