//! Accounts that are paid into and drawn from.

use mink::prelude::*;

/// Money came in.
#[event]
pub struct Deposited {
    /// How much.
    pub cents: u64,
}

/// Money went out.
#[event]
pub struct Withdrawn {
    /// How much.
    pub cents: u64,
}

/// Pays in.
#[command]
pub struct Deposit {
    /// Where to.
    pub account_id: String,
    /// How much.
    pub cents: u64,
}

/// Draws.
#[command]
pub struct Withdraw {
    /// Where from.
    pub account_id: String,
    /// How much.
    pub cents: u64,
}

/// There is less in the account than is to be drawn.
#[derive(Debug, PartialEq)]
pub struct NotEnough;

impl std::fmt::Display for NotEnough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is not enough in the account")
    }
}

impl std::error::Error for NotEnough {}

/// An account.
#[derive(Aggregate, Default)]
pub struct Account {
    cents: u64,
}

#[handlers]
impl Account {
    fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            cents: command.cents,
        }
    }

    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, NotEnough> {
        if command.cents > self.cents {
            return Err(NotEnough);
        }
        Ok(Withdrawn {
            cents: command.cents,
        })
    }

    fn deposited(&mut self, event: &Deposited) {
        self.cents = self.cents.saturating_add(event.cents);
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
}
