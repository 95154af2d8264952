use mink::prelude::*;

#[event(format = "protobuf")]
enum OrderChanged {
    Placed { customer: String },
    Cancelled,
}

fn main() {}
