use mink::prelude::*;

#[command(replay_errors)]
struct Withdraw {
    account_id: String,
    request_id: String,
}

fn main() {}
