use mink::prelude::*;

#[derive(Clone, PartialEq, mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
struct OrderPlacedV2 {
    #[prost(string, tag = "1")]
    name: String,
}

#[event(version = 3, format = "protobuf", format_since = 2, upcast(1 => named, 2 => OrderPlacedV2))]
#[derive(mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
struct OrderPlaced {
    #[prost(string, tag = "1")]
    customer: String,
}

fn named(payload: serde_json::Value) -> serde_json::Value {
    payload
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(old: OrderPlacedV2) -> Self {
        Self { customer: old.name }
    }
}

fn main() {}
