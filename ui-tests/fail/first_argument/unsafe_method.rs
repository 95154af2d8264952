use mink::prelude::*;

#[event]
pub struct Deposited {
    pub amount: u64,
}

#[command]
pub struct Deposit {
    pub account_id: String,
    pub amount: u64,
}

#[derive(Aggregate, Default)]
pub struct Account;

#[handlers]
impl Account {
    unsafe fn deposit(&self, command: Deposit) -> Deposited {
        Deposited {
            amount: command.amount,
        }
    }

    fn deposited(&mut self, _event: &Deposited) {}
}

fn main() {}
