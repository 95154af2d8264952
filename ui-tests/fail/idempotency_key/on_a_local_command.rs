use mink::prelude::*;

#[command(idempotency_key = "request_id", local)]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
