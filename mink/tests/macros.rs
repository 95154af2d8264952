//! What the macros accept, and what it then does.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "macros/commands.rs"]
mod commands;
#[path = "macros/debug.rs"]
mod debug;
#[path = "macros/decisions.rs"]
mod decisions;
#[path = "macros/events.rs"]
mod events;
#[path = "macros/examples.rs"]
mod examples;
#[path = "macros/in_macro_rules.rs"]
mod in_macro_rules;
#[path = "macros/locations.rs"]
mod locations;
#[path = "macros/places.rs"]
mod places;
#[path = "macros/read_back.rs"]
mod read_back;
#[path = "macros/shadowed.rs"]
mod shadowed;
#[path = "macros/shapes.rs"]
mod shapes;
#[path = "macros/upcasts.rs"]
mod upcasts;

#[test]
fn everything_declared_here_fits_together() {
    let registry = mink::registry();
    assert!(registry.verify().is_ok(), "{:?}", registry.verify());
}
