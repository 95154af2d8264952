//! Generated code is free of warnings under the strictest of the compiler's own lints.
#![deny(warnings, unused, unreachable_pub, missing_debug_implementations, unsafe_code)]

use mink::prelude::*;

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
struct Address {
    zip: String,
}

#[event(version = 2, encrypt = "To.address.zip", upcast(1 => same))]
enum Moved {
    To { address: Address },
    Away,
}

fn same(value: serde_json::Value) -> serde_json::Value {
    value
}

#[event(encrypt = "Named.address.zip")]
enum Called {
    Named { address: Address, by: String },
    Again(u8, u8),
}

#[command(encrypt = "address.zip")]
struct Move {
    id: u64,
    address: Address,
}

#[derive(Aggregate, Default)]
struct Customer {
    moves: u32,
}

#[handlers]
impl Customer {
    fn move_house(&self, command: Move) -> (Moved, Called) {
        let _ = command.id;
        let _ = Called::Again(0, 1);
        let _ = Moved::Away;
        (
            Moved::To {
                address: command.address.clone(),
            },
            Called::Named {
                address: command.address,
                by: String::new(),
            },
        )
    }
    fn moved(&mut self, _: &Moved) {
        self.moves += 1;
    }
    fn called(&mut self, _: &Called) {}
}

fn main() {}
