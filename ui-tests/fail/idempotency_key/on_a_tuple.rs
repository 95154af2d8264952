use mink::prelude::*;

#[command(idempotency_key = "request_id")]
struct Pay(String, u64);

fn main() {}
