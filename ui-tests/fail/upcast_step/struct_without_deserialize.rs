use mink::prelude::*;

struct OrderPlacedV1 {
    customer: String,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        Self {
            customer: old.customer,
        }
    }
}

#[event(version = 2, upcast(1 => OrderPlacedV1))]
struct OrderPlaced {
    customer: String,
}

fn main() {}
