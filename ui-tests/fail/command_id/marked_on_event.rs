use mink::prelude::*;

#[event]
struct OrderPlaced {
    #[mink(id)]
    order_id: String,
}

fn main() {}
