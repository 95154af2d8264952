use mink::prelude::*;

#[derive(Aggregate, Default, mink::serde::Serialize, mink::serde::Deserialize, Shape)]
#[serde(crate = "mink::serde")]
#[aggregate(snapshot(every = 100))]
struct Order {
    placed: bool,
    #[serde(skip)]
    cached_total: u64,
}

fn main() {}
