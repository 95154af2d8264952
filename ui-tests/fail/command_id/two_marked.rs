use mink::prelude::*;

#[command]
struct PlaceOrder {
    #[mink(id)]
    order_id: String,
    #[mink(id)]
    customer_id: String,
}

fn main() {}
