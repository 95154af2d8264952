//! The rules look as if they held: mink's feature `garde` is off.

use mink::prelude::*;

#[command]
#[derive(garde::Validate)]
struct Deposit {
    #[garde(skip)]
    account_id: String,
    #[garde(range(min = 1))]
    cents: u64,
}

fn main() {}
