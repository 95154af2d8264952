use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Address {
    #[mink(encrypt)]
    zip: String,
}

fn main() {}
