use mink::prelude::*;

#[derive(Aggregate, Default, mink::serde::Serialize, mink::serde::Deserialize)]
#[serde(crate = "mink::serde")]
#[aggregate(snapshot)]
struct Order {
    placed: bool,
}

fn main() {}
