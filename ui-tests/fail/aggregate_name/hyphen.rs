use mink::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(name = "sales-order")]
struct Order;

fn main() {}
