use mink::prelude::*;

#[event]
#[command]
pub struct Deposit {
    pub account_id: String,
    pub amount: u64,
}

fn main() {}
