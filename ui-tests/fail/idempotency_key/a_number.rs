use mink::prelude::*;

#[command(idempotency_key = 7)]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
