use mink::aggregate::AggregateHandlers;
use mink::prelude::*;

/// A comment above.
#[event(version = 2)]
#[derive(Clone)]
struct Located;

#[command]
struct Locate {
    id: u8,
}

#[derive(Aggregate, Default)]
struct Finder;

#[handlers]
impl Finder {
    /// Where it is.
    fn locate(&self, _: Locate) -> Located {
        Located
    }

    fn located(&mut self, _: &Located) {}
}

const FILE: &str = "mink/tests/macros/locations.rs";

#[test]
fn an_entry_names_the_line_of_its_item() {
    let registry = mink::registry();
    let event = registry.event("Located").unwrap();
    assert_eq!(event.location.to_string(), format!("{FILE}:7"));
    let command = registry.commands().iter().find(|c| c.name == "Locate");
    assert_eq!(command.unwrap().location.to_string(), format!("{FILE}:10"));
    let aggregate = registry.aggregates().iter().find(|a| a.name == "Finder");
    assert_eq!(
        aggregate.unwrap().location.to_string(),
        format!("{FILE}:15")
    );
}

#[test]
fn a_handler_names_the_line_of_its_method() {
    assert_eq!(
        Finder::DECIDERS[0].location.to_string(),
        format!("{FILE}:20")
    );
    assert_eq!(
        Finder::EVOLVERS[0].location.to_string(),
        format!("{FILE}:24")
    );
}
