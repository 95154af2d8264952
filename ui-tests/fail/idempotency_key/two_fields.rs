use mink::prelude::*;

#[command(idempotency_key = "account_id, request_id")]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
