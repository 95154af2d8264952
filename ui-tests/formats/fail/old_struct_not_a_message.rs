use mink::prelude::*;

#[derive(serde::Deserialize)]
struct OrderPlacedV1 {
    name: String,
}

#[event(version = 2, format = "protobuf", upcast(1 => OrderPlacedV1))]
#[derive(mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
struct OrderPlaced {
    #[prost(string, tag = "1")]
    customer: String,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        Self { customer: old.name }
    }
}

fn main() {}
