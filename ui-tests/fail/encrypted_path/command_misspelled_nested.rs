use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Address {
    zip: String,
}

#[command(encrypt = "address.zipp")]
struct PlaceOrder {
    order_id: String,
    address: Address,
}

fn main() {}
