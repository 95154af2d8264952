use mink::prelude::*;

#[command(idempotency_key = "request_id", keep_for = "1h")]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
