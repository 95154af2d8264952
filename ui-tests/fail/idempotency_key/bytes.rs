use mink::prelude::*;

#[command(idempotency_key = "request_id")]
struct Withdraw {
    account_id: String,
    request_id: Vec<u8>,
}

fn main() {}
