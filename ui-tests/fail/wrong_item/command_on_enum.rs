use mink::prelude::*;

#[command]
enum OrderCommand {
    Place { order_id: String },
    Cancel { order_id: String },
}

fn main() {}
