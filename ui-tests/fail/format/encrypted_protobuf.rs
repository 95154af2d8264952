use mink::prelude::*;

#[event(format = "protobuf", encrypt = "email")]
struct OrderPlaced {
    email: String,
}

fn main() {}
