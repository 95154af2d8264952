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

#[derive(Debug)]
struct NotEnough;

impl std::fmt::Display for NotEnough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is not enough")
    }
}

impl std::error::Error for NotEnough {}

#[derive(Aggregate, Default)]
struct Account;

#[handlers]
impl Account {
    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, NotEnough> {
        Ok(Withdrawn {
            cents: command.cents,
        })
    }

    fn withdrawn(&mut self, _: &Withdrawn) {}
}

fn main() {}
