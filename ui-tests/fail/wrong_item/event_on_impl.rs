use mink::prelude::*;

struct OrderPlaced;

#[event]
impl OrderPlaced {}

fn main() {}
