use mink::prelude::*;

#[event]
fn order_placed() {}

fn main() {}
