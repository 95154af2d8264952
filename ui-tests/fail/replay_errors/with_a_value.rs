use mink::prelude::*;

#[command(idempotency_key = "request_id", replay_errors = true)]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
