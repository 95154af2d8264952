use mink::prelude::*;

#[command(idempotency_key = "request_id")]
enum Payment {
    Pay { request_id: String },
    Refund { request_id: String },
}

fn main() {}
