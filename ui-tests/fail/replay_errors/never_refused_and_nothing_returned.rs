use mink::prelude::*;

#[event]
struct Withdrawn {
    cents: u64,
}

#[command(id = "account_id", idempotency_key = "request_id", replay_errors)]
struct Withdraw {
    account_id: String,
    request_id: String,
    cents: u64,
}

#[derive(Aggregate, Default)]
struct Account;

#[handlers]
impl Account {
    fn withdraw(&self, _: Withdraw) {}

    fn withdrawn(&mut self, _: &Withdrawn) {}
}

fn main() {}
