use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
struct RequestId(u64);

#[command(idempotency_key = "request_id")]
struct Withdraw {
    account_id: String,
    request_id: RequestId,
}

fn main() {}
