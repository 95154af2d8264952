use mink::prelude::*;

#[derive(Clone, PartialEq, mink::prost::Message)]
#[prost(prost_path = "mink::prost")]
struct OrderPlacedV1 {
    #[prost(string, tag = "1")]
    name: String,
}

#[event(version = 2, format = "msgpack", upcast(1 => OrderPlacedV1))]
struct OrderPlaced {
    customer: String,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        Self { customer: old.name }
    }
}

fn main() {}
