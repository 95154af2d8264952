//! What `#[handlers]` makes of a method, written by hand.

use mink::Shape;
use mink::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Evolver};
use mink::event::Event;
use mink::registry::Location;
use mink::schema::{Field, StructShape, TypeShape};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Deposited {
    amount: u64,
}

impl Shape for Deposited {
    const SHAPE: TypeShape = TypeShape::Struct(StructShape {
        name: "Deposited",
        fields: &[Field {
            name: "amount",
            shape: u64::SHAPE,
            default: false,
        }],
    });
}

impl Event for Deposited {
    const NAME: &'static str = "Deposited";
}

#[derive(Default)]
struct Account {
    balance: u64,
}

impl Aggregate for Account {
    const NAME: &'static str = "Account";
}

// ANCHOR: evolve
impl Applies<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}
// ANCHOR_END: evolve

// ANCHOR: table
impl AggregateHandlers for Account {
    const EVOLVERS: &'static [Evolver<Self>] =
        &[Evolver::of::<Deposited>(Location::new(file!(), line!()))];
    const DECIDERS: &'static [Decider] = &[];
}
// ANCHOR_END: table

#[test]
fn the_table_names_each_event_that_the_aggregate_evolves_from() {
    let names: Vec<_> = Account::EVOLVERS.iter().map(|e| e.name).collect();
    assert_eq!(names, ["Deposited"]);
}

#[test]
fn an_event_evolves_the_state() {
    let mut account = Account::default();
    account.apply(&Deposited { amount: 5 });
    assert_eq!(account.balance, 5);
}
