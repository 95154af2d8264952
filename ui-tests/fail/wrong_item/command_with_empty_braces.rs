use mink::prelude::*;

#[command]
struct CloseShop {}

fn main() {}
