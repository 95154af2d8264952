use mink::prelude::*;

#[derive(Aggregate, Default, mink::serde::Serialize, mink::serde::Deserialize, Shape)]
#[serde(crate = "mink::serde")]
#[aggregate(snapshot(after = 3600))]
struct Order {
    placed: bool,
}

fn main() {}
