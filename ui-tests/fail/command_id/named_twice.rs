use mink::prelude::*;

#[command(id = "order_id")]
struct PlaceOrder {
    #[mink(id)]
    order_id: String,
}

fn main() {}
