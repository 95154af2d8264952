use mink::prelude::*;

#[event]
#[event(version = 2)]
pub struct Deposited {
    pub amount: u64,
}

fn main() {}
