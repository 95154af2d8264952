use mink::prelude::*;

#[event(encrypt = "0")]
struct OrderPlaced(String, String);

fn main() {}
