use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Address {
    zip: String,
}

#[event(encrypt = "address.zip.digits")]
struct OrderPlaced {
    address: Address,
}

fn main() {}
