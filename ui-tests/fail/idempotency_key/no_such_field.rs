use mink::prelude::*;

#[command(idempotency_key = "token")]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
