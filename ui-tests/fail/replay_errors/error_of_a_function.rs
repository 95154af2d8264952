use mink::prelude::*;

#[command(idempotency_key = "payment", replay_errors)]
struct Pay {
    payment: String,
}

#[derive(Debug)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

#[handler]
async fn pay(command: Pay) -> Result<String, Declined> {
    Ok(command.payment)
}

fn main() {}
