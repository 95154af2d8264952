use mink::prelude::*;

#[derive(garde::Validate)]
#[command]
struct Deposit {
    #[garde(skip)]
    account_id: String,
    #[garde(range(min = 1))]
    cents: u64,
}

fn main() {}
