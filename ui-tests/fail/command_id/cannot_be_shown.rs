use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
struct OrderId(u64);

#[command]
struct PlaceOrder {
    order_id: OrderId,
}

fn main() {}
