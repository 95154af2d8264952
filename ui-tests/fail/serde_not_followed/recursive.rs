use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Category {
    name: String,
    children: Vec<Category>,
}

fn main() {}
