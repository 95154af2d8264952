use mink::prelude::*;

#[derive(Aggregate, Default, mink::serde::Serialize, mink::serde::Deserialize, Shape)]
#[serde(crate = "mink::serde")]
#[aggregate(snapshot(every = 0))]
struct Order {
    placed: bool,
}

fn main() {}
