use mink::prelude::*;

#[command(idempotency_key = "request_id")]
struct CloseTheBooks;

fn main() {}
